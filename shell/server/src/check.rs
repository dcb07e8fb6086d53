//! `jeongsan check BOOK`: every fault and warning of a book with its place.

use crate::Failure;
use crate::failure::fault_json;
use crate::tongue::Tongue;
use serde_json::json;
use std::io::Write;
use std::path::Path;

pub(crate) fn command(folder: &Path, as_json: bool, tongue: Tongue, out: &mut dyn Write) -> Result<(), Failure> {
    let refused = |faults| Failure::Book { folder: folder.to_owned(), faults };
    let loaded = book::load_folder(folder).map_err(refused)?;
    let definition = &loaded.book;
    let text = if as_json {
        let warnings: Vec<_> = loaded.warnings.iter().map(|warning| fault_json(warning, tongue)).collect();
        let answer = json!({
            "book": definition.id, "digest": loaded.digest.to_string(), "parties": definition.parties.len(),
            "sources": definition.sources.len(), "contracts": definition.contracts.len(), "warnings": warnings,
        });
        format!("{answer}\n")
    } else {
        let mut text: String =
            loaded.warnings.iter().map(|warning| format!("{}\n", warning.text(tongue.of_book()))).collect();
        let (parties, sources, contracts) =
            (definition.parties.len(), definition.sources.len(), definition.contracts.len());
        text.push_str(&match tongue {
            Tongue::English => format!(
                "{}: good; {parties} parties, {sources} sources, {contracts} contracts, {} warnings\n",
                definition.id,
                loaded.warnings.len()
            ),
            Tongue::Korean => format!(
                "{}: 정상; 거래처 {parties}, 수집원 {sources}, 계약 {contracts}, 경고 {}\n",
                definition.id,
                loaded.warnings.len()
            ),
        });
        text
    };
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}
