//! An emulated account of one's own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::emulator::Emulator;
use super::program::Program;
use super::proxy::Proxy;
use super::{read, venv};

/// An emulated account of one's own, behind a proxy that sees and can spoil every request.
pub struct World {
    pub emulator: Emulator,
    pub proxy: Proxy,
    pub region: String,
}

impl World {
    pub fn new(region: &str) -> Self {
        let emulator = Emulator::start();
        let proxy = Proxy::before(emulator.port());
        Self { emulator, proxy, region: region.to_owned() }
    }

    /// The program, talking to this account in this region.
    pub fn rootbell(&self, args: &[&str]) -> Program {
        Program::new(args).arg("--endpoint-url").arg(self.proxy.url()).env("AWS_REGION", &self.region).signed_in()
    }

    /// A command that finds the AWS CLI, signed in to this account.
    pub fn aws_cli(&self, program: &str) -> Command {
        static BIN: OnceLock<PathBuf> = OnceLock::new();
        let bin = BIN.get_or_init(|| venv::bin("aws-cli-venv", include_str!("aws-cli.txt")));
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("HOME", self.emulator.home())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL", self.proxy.url());
        command
    }

    /// The account as the SDK reads it back, past the proxy.
    pub fn account(&self, names: &read::Names) -> read::Account {
        read::account(&self.emulator.url(), &self.region, names)
    }

    /// An empty account again, and a proxy that has seen nothing and spoils nothing.
    pub fn reset(&self) {
        self.emulator.reset();
        self.proxy.clear();
        self.proxy.forget();
    }
}
