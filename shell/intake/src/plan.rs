//! An adapter, compiled: every path is a place among a row's cells, every mapping a table, every prefix of an identity
//! ready to be hashed. Made once for each reader.

use crate::adapter::{
    Adapter, Check, Choice, Encoding, Format, IdentityPlan, NumberPlan, Path, Received, Route, SourcePlan, Step,
    TimePlan, Unit, WordPlan,
};
use crate::time::TimeShape;
use crate::words::{Keys, Meanings};
use contract::expression::WordRef;
use event::{AdapterId, Dictionary, Identity, KindId, SourceId, Word};
use money::{Asset, AssetId};

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) id: AdapterId,
    pub(crate) format: Format,
    pub(crate) encoding: Encoding,
    pub(crate) outside: bool,
    pub(crate) places: Places,
    pub(crate) keys: Keys,
    /// The place of each name in `keys`.
    pub(crate) place_of_key: Vec<u16>,
    pub(crate) received: Option<(u16, TimeShape)>,
    pub(crate) route: Option<(u16, Meanings<u16>)>,
    pub(crate) kind: Chosen<KindId>,
    pub(crate) asset: Chosen<AssetId>,
    pub(crate) words: Vec<WordColumn>,
    pub(crate) numbers: Vec<NumberColumn>,
    /// How many number slots behind those of `numbers` are filled from originals, once they are known.
    pub(crate) inherited: usize,
    pub(crate) times: Vec<TimeColumn>,
    pub(crate) dates: Vec<TimeColumn>,
    pub(crate) sources: Vec<SourceColumns>,
    pub(crate) assets: Vec<Asset>,
    /// Hashes of the names of kinds and assets, for fingerprints.
    pub(crate) kind_hashes: Vec<u64>,
    pub(crate) asset_hashes: Vec<u64>,
    /// What checks compare words with; nothing where no check does.
    pub(crate) literals: Option<Literals>,
    pub(crate) key: u64,
}

/// The book's words, for checks that compare words.
#[derive(Clone, Debug)]
pub(crate) struct Literals {
    dictionary: Dictionary,
    pub(crate) kinds: Vec<Word>,
    pub(crate) assets: Vec<Word>,
    pub(crate) sources: Vec<Word>,
}

/// All paths of an adapter by place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// As written, for messages.
    pub(crate) texts: Vec<Box<str>>,
    steps: Vec<Vec<Step>>,
    /// Single names and their places.
    pub(crate) roots: Vec<(Box<str>, u16)>,
    pub(crate) nested: Vec<Nested>,
}

/// A path of several steps.
#[derive(Clone, Debug)]
pub(crate) struct Nested {
    pub(crate) root: u16,
    pub(crate) steps: Vec<Step>,
    pub(crate) place: u16,
}

#[derive(Clone, Debug)]
pub(crate) enum Chosen<T> {
    Constant(T),
    Column(u16, Meanings<T>),
}

#[derive(Clone, Debug)]
pub(crate) struct WordColumn {
    pub(crate) place: u16,
    /// Values to positions in `targets`; nothing: as they stand.
    pub(crate) map: Option<Meanings<u32>>,
    pub(crate) targets: Vec<Box<str>>,
    pub(crate) other: Option<Box<str>>,
    pub(crate) blank: Option<Box<str>>,
}

#[derive(Clone, Debug)]
pub(crate) struct NumberColumn {
    pub(crate) place: u16,
    pub(crate) or: Option<u16>,
    pub(crate) unit: Unit,
    pub(crate) negate: bool,
    pub(crate) blank: Option<i64>,
    pub(crate) scale: u8,
    pub(crate) money: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct TimeColumn {
    pub(crate) place: u16,
    pub(crate) shape: TimeShape,
    pub(crate) optional: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct SourceColumns {
    pub(crate) id: SourceId,
    pub(crate) hash: u64,
    pub(crate) identity: Identifier,
    pub(crate) scheme: u32,
    pub(crate) kinds: Vec<Option<KindColumns>>,
    pub(crate) checks: Vec<Check>,
}

#[derive(Clone, Debug)]
pub(crate) enum Identifier {
    Places(Vec<u16>),
    /// The file's slot and the row; the pattern over the file's name.
    Slot(Box<str>),
}

/// One kind of one source. Prefixes are the canonical bytes before an id.
#[derive(Clone, Debug)]
pub(crate) struct KindColumns {
    pub(crate) link: Option<u16>,
    pub(crate) prefix: Vec<u8>,
    pub(crate) original_prefix: Vec<u8>,
}

impl Plan {
    pub(crate) fn new(adapter: &Adapter) -> Self {
        let mut places = Places::default();
        let key = adapter.key;
        let hash_of = |text: &str| canon::fingerprint(key, text.as_bytes());
        let received = match &adapter.received {
            Received::Column { path, format } => Some((places.place(path), TimeShape::new(format))),
            Received::CommandLine | Received::FileName { .. } => None,
        };
        let route = match &adapter.route {
            Route::Column { path, to } => Some((places.place(path), Meanings::new(key, to.iter().cloned()))),
            Route::Only => None,
        };
        let kind = chosen(key, &adapter.kind, &mut places, adapter.kinds.iter().cloned().zip((0..).map(KindId)));
        let asset_names = adapter.assets.iter().map(|asset| asset.name.clone());
        let asset = chosen(key, &adapter.asset, &mut places, asset_names.zip((0..).map(AssetId)));
        let words = adapter.words.iter().map(|plan| word_column(key, plan, &mut places)).collect();
        let number_fields = adapter.numbers.iter().zip(&adapter.schema.numbers);
        let numbers = number_fields.map(|(plan, field)| number_column(plan, field, &mut places)).collect();
        let times = adapter.times.iter().map(|plan| time_column(plan, &mut places)).collect();
        let dates = adapter.dates.iter().map(|plan| time_column(plan, &mut places)).collect();
        let sources: Vec<_> =
            adapter.sources.iter().map(|source| source_columns(adapter, source, &mut places)).collect();
        let keys = Keys::new(places.roots.iter().map(|root| root.0.clone()).collect());
        Self {
            id: adapter.id,
            format: adapter.format.clone(),
            encoding: adapter.encoding,
            outside: adapter.outside,
            place_of_key: places.roots.iter().map(|root| root.1).collect(),
            keys,
            places,
            received,
            route,
            kind,
            asset,
            words,
            numbers,
            inherited: adapter.schema.inherited.len(),
            times,
            dates,
            sources,
            assets: adapter.assets.clone(),
            kind_hashes: adapter.kinds.iter().map(|kind| hash_of(kind)).collect(),
            asset_hashes: adapter.assets.iter().map(|asset| hash_of(&asset.name)).collect(),
            literals: Literals::new(adapter),
            key,
        }
    }

    /// Whether its rows are cut at columns, so that an absent cell means an absent column.
    #[inline]
    pub(crate) const fn is_table(&self) -> bool {
        matches!(self.format, Format::Delimited { .. } | Format::Whitespace { .. })
    }
}

impl Literals {
    fn new(adapter: &Adapter) -> Option<Self> {
        let sides =
            adapter.sources.iter().flat_map(|source| &source.checks).flat_map(|check| [&check.left, &check.right]);
        let compares_words = sides.into_iter().any(|side| !side.word_refs().is_empty());
        let known = |text: &str| adapter.literals.find(text).unwrap_or(Self::UNKNOWN);
        compares_words.then(|| Self {
            dictionary: adapter.literals.clone(),
            kinds: adapter.kinds.iter().map(|kind| known(kind)).collect(),
            assets: adapter.assets.iter().map(|asset| known(&asset.name)).collect(),
            sources: adapter.sources.iter().map(|source| known(&source.name)).collect(),
        })
    }

    /// A word that no literal is.
    const UNKNOWN: Word = Word(u32::MAX);

    pub(crate) fn of(&self, text: &str) -> Word {
        self.dictionary.find(text).unwrap_or(Self::UNKNOWN)
    }

    /// What checks see for a word of a row.
    pub(crate) fn word(&self, word: WordRef, row: &[Word], source: usize, kind: KindId, asset: AssetId) -> Word {
        match word {
            WordRef::Kind => self.kinds[kind.0 as usize],
            WordRef::Source => self.sources[source],
            WordRef::Asset => self.assets[asset.0 as usize],
            WordRef::Slot(slot) => row[slot as usize],
        }
    }
}

impl Places {
    /// The place of a path; the same for the same steps.
    fn place(&mut self, path: &Path) -> u16 {
        self.place_of(&path.steps, &path.text)
    }

    fn place_of(&mut self, steps: &[Step], text: &str) -> u16 {
        let known = self.steps.iter().position(|known| known == steps);
        let number = known.unwrap_or(self.steps.len());
        let place = u16::try_from(number).expect("an adapter reads fewer than 65,536 columns");
        if known.is_some() {
            return place;
        }
        self.steps.push(steps.to_vec());
        self.texts.push(text.into());
        match steps {
            [Step::Member(name)] => self.roots.push((name.clone(), place)),
            [root @ Step::Member(name), rest @ ..] => {
                let root = self.place_of(std::slice::from_ref(root), name);
                self.nested.push(Nested { root, steps: rest.to_vec(), place });
            }
            // A path that begins with an array leads nowhere: a row is an object.
            [Step::Each, ..] | [] => {}
        }
        place
    }
}

fn chosen<T: Copy>(
    key: u64,
    choice: &Choice<T>,
    places: &mut Places,
    names: impl Iterator<Item = (Box<str>, T)>,
) -> Chosen<T> {
    match choice {
        Choice::Constant(value) => Chosen::Constant(*value),
        Choice::Column { path, to } if to.is_empty() => Chosen::Column(places.place(path), Meanings::new(key, names)),
        Choice::Column { path, to } => Chosen::Column(places.place(path), Meanings::new(key, to.iter().cloned())),
    }
}

fn word_column(key: u64, plan: &WordPlan, places: &mut Places) -> WordColumn {
    let values = plan.map.iter().map(|entry| entry.0.clone()).zip(0..);
    WordColumn {
        place: places.place(&plan.path),
        map: (!plan.map.is_empty()).then(|| Meanings::new(key, values)),
        targets: plan.map.iter().map(|entry| entry.1.clone()).collect(),
        other: plan.other.clone(),
        blank: plan.blank.clone(),
    }
}

fn number_column(plan: &NumberPlan, field: &event::NumberField, places: &mut Places) -> NumberColumn {
    NumberColumn {
        place: places.place(&plan.path),
        or: plan.or.as_ref().map(|path| places.place(path)),
        unit: plan.unit,
        negate: plan.negate,
        blank: plan.blank,
        scale: field.scale,
        money: field.money,
    }
}

fn time_column(plan: &TimePlan, places: &mut Places) -> TimeColumn {
    TimeColumn { place: places.place(&plan.path), shape: TimeShape::new(&plan.format), optional: plan.optional }
}

fn source_columns(adapter: &Adapter, source: &SourcePlan, places: &mut Places) -> SourceColumns {
    let identity = match &source.identity {
        IdentityPlan::Field(path) => Identifier::Places(vec![places.place(path)]),
        IdentityPlan::Columns(paths) => Identifier::Places(paths.iter().map(|path| places.place(path)).collect()),
        IdentityPlan::File { pattern } => Identifier::Slot(pattern.clone()),
    };
    let mut kinds = Vec::new();
    for (number, kind) in source.kinds.iter().enumerate() {
        let Some(kind) = kind else {
            kinds.push(None);
            continue;
        };
        let own = kind.id_reused.then(|| &*adapter.kinds[number]);
        let original = kind.original_kind.map(|original| &*adapter.kinds[original.0 as usize]);
        let prefix = match &identity {
            Identifier::Places(_) => prefix(ID_OF_SOURCE, &source.name, own),
            Identifier::Slot(_) => prefix(ID_OF_FILE, &adapter.name, None),
        };
        let original_prefix = self::prefix(ID_OF_SOURCE, &source.name, original);
        kinds.push(Some(KindColumns {
            link: kind.link.as_ref().map(|path| places.place(path)),
            prefix,
            original_prefix,
        }));
    }
    SourceColumns {
        id: source.id,
        hash: canon::fingerprint(adapter.key, source.name.as_bytes()),
        identity,
        scheme: source.scheme,
        kinds,
        checks: source.checks.clone(),
    }
}

/// The identity of the event with an id as documents print it: what people name events by. None where the source
/// reuses ids over kinds and no kind is named. Ids of several columns are joined by `|`, rows of files are `slot#row`.
#[must_use]
pub fn identity_of(adapter: &Adapter, source: &SourcePlan, kind: Option<&str>, id: &str) -> Option<Identity> {
    let named = kind.and_then(|name| adapter.kinds.iter().position(|own| **own == *name));
    let own = named.and_then(|at| source.kinds[at].as_ref());
    if own.is_none() && source.kinds.iter().flatten().any(|kind| kind.id_reused) {
        return None;
    }
    let reused = own.is_some_and(|kind| kind.id_reused);
    let mut bytes = match &source.identity {
        IdentityPlan::File { .. } => {
            let (slot, row) = id.rsplit_once('#')?;
            let mut bytes = prefix(ID_OF_FILE, &adapter.name, None);
            push_text(&mut bytes, slot);
            bytes.extend_from_slice(&row.parse::<u64>().ok()?.to_le_bytes());
            return Some(Identity(canon::identity_hash(adapter.key, &bytes)));
        }
        _ => prefix(ID_OF_SOURCE, &source.name, kind.filter(|_| reused)),
    };
    match &source.identity {
        IdentityPlan::Columns(_) => id.split('|').for_each(|part| push_text(&mut bytes, part)),
        _ => push_text(&mut bytes, id),
    }
    Some(Identity(canon::identity_hash(adapter.key, &bytes)))
}

const ID_OF_SOURCE: u64 = 1;
const ID_OF_FILE: u64 = 2;

/// Canonical bytes of what stands before the id: whose id it is, and of which kind where ids are reused over kinds.
fn prefix(tag: u64, owner: &str, kind: Option<&str>) -> Vec<u8> {
    let mut bytes = tag.to_le_bytes().to_vec();
    push_text(&mut bytes, owner);
    push_text(&mut bytes, kind.unwrap_or(""));
    bytes
}

/// A text behind its length.
#[inline]
pub(crate) fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}
