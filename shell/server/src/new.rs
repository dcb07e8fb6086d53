//! `jeongsan new BOOK`: a book to begin with, from a template whose values are given, asked for, or kept.
//!
//! A template is the book of a scenario with marked values ([`settings`]). What is written has been read by the loader of
//! books before: a folder that `check` accepts, or nothing. Questions and their prompts go to the error output, so that
//! the output stays for programs.

mod settings;
mod templates;

use crate::arguments::New;
use crate::failure::{Failure, fault_json};
use crate::folder::Staging;
use crate::tongue::Tongue;
use book::{Fault, Loaded};
use serde_json::json;
use settings::{Setting, filled, is_fit, settings};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use templates::{TEMPLATES, Template};

/// The longest answer to a question.
const ANSWER_BYTES_MAX: u64 = 4096;

/// Where questions are answered and asked.
pub(crate) struct Terminal<'a> {
    pub(crate) input: &'a mut dyn BufRead,
    pub(crate) prompts: &'a mut dyn Write,
}

/// A template with its values.
struct Draft {
    template: &'static Template,
    settings: Vec<Setting>,
    values: BTreeMap<&'static str, String>,
    tongue: Tongue,
}

pub(crate) fn command(
    options: &New,
    as_json: bool,
    tongue: Tongue,
    terminal: &mut Terminal<'_>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let staging = Staging::begin(&options.book, false)?;
    let asks = options.template.is_none();
    let template = match &options.template {
        Some(name) => named(name).ok_or_else(|| unknown("--template", name, NO_TEMPLATE))?,
        None => terminal.choose(tongue)?,
    };
    let mut draft = Draft::new(template, tongue);
    for given in &options.set {
        draft.set(given)?;
    }
    if asks {
        let asked: Vec<Setting> = draft.settings.clone();
        let is_given = |setting: &Setting| options.set.iter().any(|given| given.split('=').next() == Some(setting.key));
        for setting in asked.iter().filter(|setting| !is_given(setting)) {
            terminal.ask(&mut draft, setting)?;
        }
    }
    let loaded = draft.load().map_err(|faults| Failure::Book { folder: options.book.clone(), faults })?;
    for (path, text) in draft.files() {
        staging.write(path, text.as_bytes())?;
    }
    staging.publish()?;
    let text = if as_json { draft.json(&options.book, &loaded) } else { draft.told(&options.book) };
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

const NO_TEMPLATE: (&str, &str) = (
    "is no template; choose game-provider, aggregator, payment-provider, ad-network, credit-supplier or royalty",
    "그런 서식이 없습니다. game-provider, aggregator, payment-provider, ad-network, credit-supplier, royalty 중에서 고르십시오",
);
const NO_SETTING: (&str, &str) = (
    "is no setting of this template in the form KEY=VALUE; leave --template away to be asked for all of them",
    "이 서식의 설정이 아닙니다 (KEY=VALUE). --template 없이 실행하면 하나씩 묻습니다",
);
const NO_VALUE: (&str, &str) = (
    "cannot stand there; write a number without signs, or a text without quotes",
    "쓸 수 없는 값입니다. 기호 없는 숫자나 따옴표 없는 글을 쓰십시오",
);

fn unknown(name: &'static str, value: &str, expected: (&'static str, &'static str)) -> Failure {
    Failure::Argument { name, value: value.to_owned(), expected }
}

fn named(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

impl Draft {
    fn new(template: &'static Template, tongue: Tongue) -> Self {
        let settings = settings(template.files);
        let values = settings.iter().map(|setting| (setting.key, setting.default.to_owned())).collect();
        Self { template, settings, values, tongue }
    }

    /// Takes `key=value` of the command line.
    fn set(&mut self, given: &str) -> Result<(), Failure> {
        let unknown = |expected| unknown("--set", given, expected);
        let (key, value) = given.split_once('=').ok_or_else(|| unknown(NO_SETTING))?;
        let setting = self.settings.iter().find(|setting| setting.key == key).ok_or_else(|| unknown(NO_SETTING))?;
        if !is_fit(setting, value) {
            return Err(unknown(NO_VALUE));
        }
        self.values.insert(setting.key, value.to_owned());
        Ok(())
    }

    /// Paths and texts of the book, with its values.
    fn files(&self) -> Vec<(&'static str, String)> {
        let mut files = Vec::new();
        for &(path, text) in self.template.files {
            let mut text = filled(text, &self.values, self.tongue);
            if path == "README.md" {
                text.push_str(&self.table());
            }
            files.push((path, text));
        }
        files
    }

    /// The settings as a part of the book's README.
    fn table(&self) -> String {
        let mut table = format!(
            "\n## {}\n\n| {} | {} | {} | {} |\n|---|---|---|---|\n",
            self.tongue.of("What was filled in", "입력된 값"),
            self.tongue.of("setting", "설정"),
            self.tongue.of("value", "값"),
            self.tongue.of("what", "내용"),
            self.tongue.of("file", "파일"),
        );
        for setting in &self.settings {
            let (key, value, file) = (setting.key, &self.values[setting.key], setting.file);
            let told = self.tongue.of(setting.told.0, setting.told.1);
            table.push_str(&format!("| `{key}` | `{value}` | {told} | `{file}` |\n"));
        }
        table
    }

    fn load(&self) -> Result<Loaded, Vec<Fault>> {
        let files = self.files().into_iter().filter(|(path, _)| path.ends_with(".toml"));
        book::load_files(files.map(|(path, text)| (path.to_owned(), text.into_bytes())).collect())
    }

    fn json(&self, folder: &Path, loaded: &Loaded) -> String {
        let files: Vec<&str> = self.template.files.iter().map(|(path, _)| *path).collect();
        let warnings: Vec<_> = loaded.warnings.iter().map(|warning| fault_json(warning, self.tongue)).collect();
        let answer = json!({
            "book": folder.display().to_string(), "template": self.template.name, "settings": self.values,
            "files": files, "warnings": warnings,
        });
        format!("{answer:#}\n")
    }

    fn told(&self, folder: &Path) -> String {
        let (folder, count) = (folder.display(), self.template.files.len());
        match self.tongue {
            Tongue::English => format!(
                "{folder}: {count} files from the template {}\nread {folder}/README.md, then\n  jeongsan check {folder}\n  \
                 jeongsan settle {folder} EVENTS… --out DIR\n",
                self.template.name
            ),
            Tongue::Korean => format!(
                "{folder}: {} 서식으로 파일 {count}개를 만들었습니다\n{folder}/README.md 를 읽은 다음 실행하십시오\n  \
                 jeongsan check {folder}\n  jeongsan settle {folder} EVENTS… --out DIR\n",
                self.template.name
            ),
        }
    }
}

impl Terminal<'_> {
    /// Lets somebody choose a template, by name or number, until one is chosen.
    fn choose(&mut self, tongue: Tongue) -> Result<&'static Template, Failure> {
        let mut prompt = tongue.of("Which trade?\n", "어떤 업종입니까?\n").to_owned();
        for (number, template) in (1..).zip(TEMPLATES) {
            prompt.push_str(&format!(
                "  {number}  {}: {}\n",
                template.name,
                tongue.of(template.told.0, template.told.1)
            ));
        }
        loop {
            self.say(&format!("{prompt}> "))?;
            let Some(answer) = self.answer()? else {
                let expected = ("must be given where nobody answers", "답할 사람이 없으면 지정해야 합니다");
                return Err(unknown("--template", "", expected));
            };
            let numbered = answer.parse::<usize>().ok().and_then(|number| TEMPLATES.get(number.checked_sub(1)?));
            if let Some(template) = numbered.or_else(|| named(&answer)) {
                return Ok(template);
            }
        }
    }

    /// Asks for a setting; nothing keeps what stands there. An answer that makes a fault is told and asked for again, since
    /// it may be right together with a later one (parts that make 100 %).
    fn ask(&mut self, draft: &mut Draft, setting: &Setting) -> Result<(), Failure> {
        let question = draft.tongue.of(setting.told.0, setting.told.1);
        loop {
            self.say(&format!("{question} [{}]: ", draft.values[setting.key]))?;
            let Some(answer) = self.answer()?.filter(|answer| !answer.is_empty()) else { return Ok(()) };
            if !is_fit(setting, &answer) {
                self.say(&format!("  {}\n", draft.tongue.of(NO_VALUE.0, NO_VALUE.1)))?;
                continue;
            }
            draft.values.insert(setting.key, answer);
            match draft.load() {
                Ok(_) => return Ok(()),
                Err(faults) => {
                    let told = faults.first().map_or_else(String::new, |fault| fault.text(draft.tongue.of_book()));
                    self.say(&format!("  {told}\n"))?;
                }
            }
        }
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        let world = || Failure::world("writing", Path::new("stderr"));
        self.prompts.write_all(text.as_bytes()).map_err(world())?;
        self.prompts.flush().map_err(world())
    }

    /// The next line; none at the end.
    fn answer(&mut self) -> Result<Option<String>, Failure> {
        let mut line = String::new();
        let mut limited = std::io::Read::take(&mut self.input, ANSWER_BYTES_MAX);
        let read = limited.read_line(&mut line).map_err(Failure::world("reading", Path::new("stdin")))?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }
}
