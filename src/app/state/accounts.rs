//! The accounts that are open, of which one is selected.

use super::account::AccountState;
use super::session::SessionId;

/// One or more accounts; the screens show the selected one.
#[derive(Debug)]
pub struct Accounts {
    /// Never empty.
    all: Vec<AccountState>,
    selected: usize,
}

impl Accounts {
    #[must_use]
    pub fn new(first: AccountState) -> Self {
        Self { all: vec![first], selected: 0 }
    }

    #[must_use]
    pub fn selected(&self) -> &AccountState {
        &self.all[self.selected]
    }

    pub fn selected_mut(&mut self) -> &mut AccountState {
        &mut self.all[self.selected]
    }

    /// The account with this session; none if the session has ended.
    #[must_use]
    pub fn get(&self, session: SessionId) -> Option<&AccountState> {
        self.iter().find(|account| account.session == session)
    }

    pub fn get_mut(&mut self, session: SessionId) -> Option<&mut AccountState> {
        self.all.iter_mut().find(|account| account.session == session)
    }

    pub fn iter(&self) -> impl Iterator<Item = &AccountState> {
        self.all.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut AccountState> {
        self.all.iter_mut()
    }

    /// Puts an account in the place of the selected one. Returns the session that has ended with that.
    pub fn replace_selected(&mut self, account: AccountState) -> SessionId {
        std::mem::replace(self.selected_mut(), account).session
    }
}
