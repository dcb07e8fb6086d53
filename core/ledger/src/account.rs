//! Accounts and the chart that numbers them in order of first use.

use event::PartyId;
use money::AssetId;
use std::collections::BTreeMap;

/// The number of an account in its chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u32);

/// The position of a purpose in its book's list of purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purpose(pub u16);

/// One account in one asset. Debit is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// `<party>:accrued`: what the operator owes the party and has not issued yet (credit), net of what the party owes it.
    Accrued(PartyId, AssetId),
    /// `<party>:payable`: issued and owed to the party (credit).
    Payable(PartyId, AssetId),
    /// `<party>:receivable`: what the party owes (debit): money of others that it holds, or an issued demand.
    Receivable(PartyId, AssetId),
    /// `<party>:carried`: charges below zero that wait for later charges to take them off (debit: the party will bear them).
    Carried(PartyId, AssetId),
    /// `<party>:advance`: paid to the party, or by it, before it was earned (debit: the operator has paid).
    Advance(PartyId, AssetId),
    /// `<operator>:revenue:<purpose>` (credit).
    Revenue(Purpose, AssetId),
    /// `<operator>:cost:<purpose>` (debit).
    Cost(Purpose, AssetId),
    /// `<operator>:opening`: the other side of what an older system leaves.
    Opening(AssetId),
    /// `tax:vat-output`: VAT that the operator owes the tax office (credit).
    VatOutput(AssetId),
    /// `tax:vat-input`: VAT that the operator may deduct (debit).
    VatInput(AssetId),
}

impl Account {
    /// The asset it is kept in.
    #[must_use]
    pub const fn asset(self) -> AssetId {
        match self {
            Self::Accrued(_, asset)
            | Self::Payable(_, asset)
            | Self::Receivable(_, asset)
            | Self::Carried(_, asset)
            | Self::Advance(_, asset)
            | Self::Revenue(_, asset)
            | Self::Cost(_, asset)
            | Self::Opening(asset)
            | Self::VatOutput(asset)
            | Self::VatInput(asset) => asset,
        }
    }

    /// The name as it stands in `entries.csv`, from the parties' ids, the operator's id and the purposes' names.
    #[must_use]
    pub fn name(
        self,
        party_of: &dyn Fn(PartyId) -> String,
        operator: &str,
        purpose_of: &dyn Fn(Purpose) -> String,
    ) -> String {
        match self {
            Self::Accrued(party, _) => format!("{}:accrued", party_of(party)),
            Self::Payable(party, _) => format!("{}:payable", party_of(party)),
            Self::Receivable(party, _) => format!("{}:receivable", party_of(party)),
            Self::Carried(party, _) => format!("{}:carried", party_of(party)),
            Self::Advance(party, _) => format!("{}:advance", party_of(party)),
            Self::Revenue(purpose, _) => format!("{operator}:revenue:{}", purpose_of(purpose)),
            Self::Cost(purpose, _) => format!("{operator}:cost:{}", purpose_of(purpose)),
            Self::Opening(_) => format!("{operator}:opening"),
            Self::VatOutput(_) => "tax:vat-output".into(),
            Self::VatInput(_) => "tax:vat-input".into(),
        }
    }
}

/// The accounts of a book, numbered in order of first use.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    accounts: Vec<Account>,
    numbers: BTreeMap<Account, AccountId>,
}

impl Chart {
    /// The number of an account, which is opened where it is new.
    ///
    /// # Panics
    /// Beyond 2^32 accounts: parties, purposes and assets of a book are bounded far below.
    pub fn open(&mut self, account: Account) -> AccountId {
        if let Some(&number) = self.numbers.get(&account) {
            return number;
        }
        let number = AccountId(u32::try_from(self.accounts.len()).expect("a book's accounts fit 32 bits"));
        self.accounts.push(account);
        self.numbers.insert(account, number);
        number
    }

    /// The number of an account that is open.
    ///
    /// # Panics
    /// When it is not: a bug of the caller.
    #[must_use]
    pub fn open_number(&self, account: Account) -> AccountId {
        *self.numbers.get(&account).expect("the account is open")
    }

    /// The account of a number of this chart.
    ///
    /// # Panics
    /// When the number is of another chart.
    #[must_use]
    pub fn account(&self, number: AccountId) -> Account {
        self.accounts[number.0 as usize]
    }

    /// The accounts in order of their numbers, from `first` on.
    #[must_use]
    pub fn accounts_from(&self, first: usize) -> &[Account] {
        &self.accounts[first.min(self.accounts.len())..]
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether there is none yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }
}
