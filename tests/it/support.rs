pub mod tester;
