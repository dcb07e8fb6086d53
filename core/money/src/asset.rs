//! Assets: a currency (or any other unit that is counted) and its number of minor digits.

/// The most minor digits an asset may have; ISO 4217 knows at most 4, micro amounts need 6.
pub const DIGITS_MAX: u8 = 9;

/// The position of an asset in its book's list of assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId(pub u16);

/// The code of an asset as it is printed, e.g. `KRW`.
pub type AssetName = Box<str>;

/// One asset of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// ISO 4217 code, or a name of the book's own.
    pub name: AssetName,
    /// Minor digits: 0 for KRW, 2 for USD, 3 for KWD; at most [`DIGITS_MAX`].
    pub digits: u8,
}
