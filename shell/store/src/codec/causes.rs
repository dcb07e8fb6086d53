//! Bytes of causes and commands.

use super::plain::{Coded, Reader, choice, record};
use super::{Fault, plain};
use crate::turn::{AcceptedClock, Beside, Cause, Defined, Definition, DefinitionFile, TakenFile};
use engine::{Action, Amendment, Command, OfPeriod};

choice!(Amendment { 0 => Supplement, 1 => Replace });
record!(OfPeriod { contract, first_on });
choice!(Action {
    0 => Close(of),
    1 => Issue(of),
    2 => Seal(of),
    3 => Adjust { contract, period_on, adjustment },
    4 => Admit { of, event, reason },
    5 => Amend { file, amendment, reason },
    6 => Unreadable { reason },
    7 => Fix { rates, asset, on, rate },
});
record!(Command { identity, received_at, by, file, line, action });

record!(TakenFile { file, adapter, name, slot, amendment });
record!(Definition { key, files });
record!(AcceptedClock { until, by, reason });
record!(Defined { definition, at, words });
record!(Beside { definitions, files, accepted_until });
choice!(Cause {
    0 => Rows,
    1 => Command(command),
    2 => File(file),
    3 => Define(definition),
    4 => Open,
    5 => Look(at),
    6 => Clock(accepted),
    7 => Held,
    8 => FileEnd { file, whole },
});

impl Coded for DefinitionFile {
    fn write(&self, out: &mut Vec<u8>) {
        self.path.write(out);
        plain::put_count(out, self.bytes.len());
        out.extend_from_slice(&self.bytes);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let path = Coded::read(from)?;
        let length = from.count()?;
        Ok(DefinitionFile { path, bytes: from.bytes(length)?.into() })
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        DefinitionFile { path: Coded::any(dice), bytes: (0..dice.below(9)).map(|_| dice.bits(8) as u8).collect() }
    }
}
