//! Statements as text, JSON and XLSX; CSV and hledger exports.
