//! An emulated AWS account for a single test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::emulator::Emulator;
use super::program::Program;
use super::proxy::Proxy;
use super::{read, venv};

/// An emulated AWS account, behind a proxy that records every request and can make it fail.
pub struct EmulatedAws {
    pub emulator: Emulator,
    pub proxy: Proxy,
    pub region: String,
}

impl EmulatedAws {
    pub fn new(region: &str) -> Self {
        let emulator = Emulator::start();
        let proxy = Proxy::in_front_of(emulator.port());
        Self { emulator, proxy, region: region.to_owned() }
    }

    /// The program, using this account in this region.
    pub fn rootbell(&self, args: &[&str]) -> Program {
        Program::new(args).arg("--endpoint-url").arg(self.proxy.url()).env("AWS_REGION", &self.region).signed_in()
    }

    /// A command with the AWS CLI on its path, signed in to this account.
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

    /// Reads the account with the SDK, bypassing the proxy.
    pub fn account(&self, names: &read::Names) -> read::Account {
        read::account(&self.emulator.url(), &self.region, names)
    }

    /// Empties the account, and clears the proxy's faults and recorded requests.
    pub fn reset(&self) {
        self.emulator.reset();
        self.proxy.clear_faults();
        self.proxy.forget_calls();
    }
}
