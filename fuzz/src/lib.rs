//! What several fuzz targets share: an adapter that uses everything an adapter can, and a book that contracts fit.

pub mod books;
pub mod events;
pub mod partner_files;
