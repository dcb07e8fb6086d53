//! Book folders: those of the scenarios load and mean what they say; broken ones are refused at line and column.

mod broken;
mod broken_terms;
mod later;
mod meaning;
mod pages;
mod random;
mod rates;
mod reconciling;
mod reference;
mod scenarios;
mod shop;
mod terms;
mod trade;
mod updates;
mod withholding;
