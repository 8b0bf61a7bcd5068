//! The whole state, audited: see [`crate::audit`].

use super::{CallbackKind, Host, NOBODY};
use crate::audit::{require, Audit, Rule};
use crate::machine::Machine;

impl<M: Machine> Host<M> {
    /// Sees whether what must be true of the core's tables between two services is. False where the core has no memory to see it.
    pub fn audit(&self) -> Audit<bool> {
        for client in self.clients.iter().flatten() {
            client.ldt.audit(&self.machine, client.id)?;
            client.dos_blocks.audit(&client.ldt)?;
            client.dos.audit(&client.ldt)?;
        }
        for (number, callback) in self.callbacks.iter().enumerate() {
            let lives = callback.client == NOBODY
                || self.clients.get(callback.client as usize).is_some_and(|client| client.is_some());
            require(lives || callback.kind == CallbackKind::Free, Rule::Callback, number as u32)?;
        }
        let spaces = self.clients.iter().flatten().map(|client| &client.space);
        self.memory.audit(&self.machine, spaces)
    }
}
