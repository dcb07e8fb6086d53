//! One value of a row, before anybody knows what it means.
//!
//! A cell is a place in the row's text, or in the row's scratch text where the value had to be written anew (escapes,
//! doubled quotes, sums over arrays). Twelve bytes, no lifetime: a row's cells are one recycled vector.

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellKind {
    /// Nothing: no such member or column.
    Absent,
    /// A JSON null.
    Null,
    /// Text, in the row.
    Text,
    /// Text of a JSON string with escapes, in the row: it must be unescaped before it is used.
    Escaped,
    /// A number as written, in the row.
    Number,
    /// `true` or `false`, in the row.
    Bool,
    /// A JSON object or array, in the row.
    Composite,
    /// Text in the scratch text.
    ScratchText,
    /// A number in the scratch text.
    ScratchNumber,
    /// A value, in the row, that is not what its path asks for.
    Misfit,
}

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) kind: CellKind,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Cell {
    pub(crate) const ABSENT: Self = Self { kind: CellKind::Absent, from: 0, to: 0 };

    /// A cell over a span of a row; rows are at most 1 MiB.
    #[inline]
    pub(crate) const fn new(kind: CellKind, from: usize, to: usize) -> Self {
        Self { kind, from: from as u32, to: to as u32 }
    }
}

/// A row's cells with the two texts that they point into.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    pub(crate) row: &'a str,
    pub(crate) scratch: &'a str,
    pub(crate) cells: &'a [Cell],
}

impl<'a> Cells<'a> {
    /// The cell at a place.
    #[inline]
    pub(crate) fn at(&self, place: u16) -> Cell {
        self.cells[place as usize]
    }

    /// The characters of a cell, as written.
    #[inline]
    pub(crate) fn text(&self, cell: Cell) -> &'a str {
        let span = cell.from as usize..cell.to as usize;
        match cell.kind {
            CellKind::ScratchText | CellKind::ScratchNumber => &self.scratch[span],
            _ => &self.row[span],
        }
    }

    /// Whether a cell is absent, null, or text without a visible character.
    #[inline]
    pub(crate) fn is_blank(&self, cell: Cell) -> bool {
        match cell.kind {
            CellKind::Absent | CellKind::Null => true,
            CellKind::Text | CellKind::ScratchText => {
                let bytes = self.text(cell).as_bytes();
                bytes.first().is_none_or(|&first| first <= b' ' && bytes.trim_ascii().is_empty())
            }
            _ => false,
        }
    }

    /// The characters of a cell that holds one plain value; nothing for objects, arrays and misfits.
    #[inline]
    pub(crate) fn plain(&self, cell: Cell) -> Option<&'a str> {
        match cell.kind {
            CellKind::Composite | CellKind::Misfit | CellKind::Escaped => None,
            _ => Some(self.text(cell)),
        }
    }
}

/// Why a row does not have the shape of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Byte of the row, from 0.
    pub(crate) at: usize,
    /// What was expected there.
    pub(crate) expected: &'static str,
}

impl Malformed {
    /// As many fields as columns; how many that is, only the reader knows.
    pub(crate) const FIELDS: &'static str = "one field for each column";
}
