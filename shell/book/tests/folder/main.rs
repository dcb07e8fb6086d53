//! Book folders: those of the scenarios load and mean what they say; broken ones are refused at line and column.

mod broken;
mod meaning;
mod random;
mod reconciling;
mod scenarios;
mod shop;
mod withholding;
