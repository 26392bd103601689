//! What the tests stand on: the emulator, a proxy before it, the program with and without a terminal, and an account
//! read back without rootbell's own code.

pub mod emulator;
pub mod program;
pub mod protocol;
pub mod proxy;
pub mod pty;
pub mod read;
pub mod venv;

use emulator::Emulator;
use program::Program;
use proxy::Proxy;

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
