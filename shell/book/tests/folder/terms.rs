//! What each kind of term becomes.

use crate::trade::{SHARE, contract, load, text};
use calendar::Date;
use contract::{
    Agent, Base, Climb, ContractId, Conversion, Deduction, DeductionKind, Issue, LOOK_BACK_MONTHS, Margin, Model,
    PayoutRule, Pooled, RatesId, Role, Scope, Span, Step, TermKind, Tier,
};
use event::PartyId;
use money::{AssetId, Rate};

const KRW: AssetId = AssetId(0);
const USD: AssetId = AssetId(1);

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

/// A share over `sales` that says this beside what every share says.
fn share(keys: &str) -> String {
    format!(
        "[[version.term]]\nid = \"x\"\nkind = \"share\"\n{keys}\ndebtor = \"op\"\ncreditor = \"psp\"\n\
         purpose = \"p\"\nrounding = {{ scope = \"line\", mode = \"half_up\" }}\nreversal = \"rerate\"\n\
         reversal_date = \"own\"\n"
    )
}

/// A term with these keys behind the usual share; closing terms look at it.
fn term(keys: &str) -> String {
    format!("{SHARE}[[version.term]]\nid = \"x\"\n{keys}\ndebtor = \"op\"\ncreditor = \"psp\"\npurpose = \"p\"\n")
}

/// What the last term of a contract with these terms is.
#[track_caller]
fn kind(terms: &str) -> TermKind {
    contract("", terms).versions[0].terms.last().expect("a term").kind.clone()
}

fn flat(of: u16, price: Rate) -> TermKind {
    TermKind::Share {
        of,
        tiers: vec![Tier { up_to: None, rate: price }],
        climb: Climb::GRADUATED,
        on: Base::Gross,
        deductions: Vec::new(),
        carries: false,
    }
}

#[test]
fn tiers_climb_by_volume_over_a_span() {
    let check = |keys: &str, expected: Climb, bound: i128| {
        let tiers = "tiers = [{ up_to = \"1000\", rate = \"10%\" }, { rate = \"8%\" }]";
        let TermKind::Share { climb, tiers, .. } = kind(&share(&format!("of = \"sales\"\n{tiers}\n{keys}"))) else {
            panic!("a share")
        };
        assert_eq!((climb, tiers[0].up_to), (expected, Some(bound)), "{keys}");
    };
    let months = |months, from| Span::Months { months, from: Date::parse(from).unwrap() };
    let of = |by_volume, reset| Climb { by_volume, accumulator: None, reset };
    check("", Climb::GRADUATED, 100_000);
    check("tiers_by = \"graduated\"\nreset = \"year\"", of(false, months(12, "2000-01-01")), 100_000);
    check("tiers_by = \"volume\"", of(true, Span::Period), 100_000);
    check("reset = \"quarter\"", of(false, months(3, "2000-01-01")), 100_000);
    check("reset = \"half_year\"", of(false, months(6, "2000-01-01")), 100_000);
    check("reset = \"ever\"", of(false, Span::Ever), 100_000);
    check("reset = { months = 12, from = \"2024-04-01\" }", of(false, months(12, "2024-04-01")), 100_000);
    // Bounds stand at the scale of what fills the tiers: a count has no digits behind the point.
    let by_count = Climb { by_volume: true, accumulator: Some(2), reset: Span::Period };
    check("tiers_by = \"volume\"\naccumulator = \"count\"", by_count, 1_000);
}

#[test]
fn deductions_stand_in_their_order() {
    let keys = "of = \"sales\"\nrate = \"25%\"\ncarry = \"measure\"\ndeductions = [\
                { name = \"bonus\", of = \"cost\" }, { name = \"payment\", rate = \"3%\" }, \
                { name = \"tax\", rate = \"10%\", on = \"rest\" }, \
                { name = \"platform\", of = \"cost\", allocate_by = \"turnover\" }]";
    let TermKind::Share { deductions, carries: true, .. } = kind(&share(keys)) else { panic!("it carries") };
    let expected = [
        ("bonus", DeductionKind::Measure(1)),
        ("payment", DeductionKind::Rate { rate: rate("3%"), on: Base::Gross }),
        ("tax", DeductionKind::Rate { rate: rate("10%"), on: Base::Rest }),
        ("platform", DeductionKind::Allocated { of: 1, key: 3 }),
    ];
    assert_eq!(deductions, expected.map(|(name, kind)| Deduction { name: name.into(), kind }));
}

/// A condition of the term is one of its deductions and accumulators too, but not of what is allocated as a whole.
#[test]
fn other_measures_of_a_term_are_of_the_same_events() {
    let keys = "of = \"sales\"\nwhen = \"seller = 'a'\"\ntiers = [{ up_to = 5, rate = \"10%\" }, { rate = \"8%\" }]\n\
                tiers_by = \"volume\"\naccumulator = \"count\"\ndeductions = [{ name = \"bonus\", of = \"cost\" }, \
                { name = \"platform\", of = \"cost\", allocate_by = \"turnover\" }]";
    let contract = contract("", &share(keys));
    let TermKind::Share { of, climb, deductions, .. } = &contract.versions[0].terms[0].kind else { panic!("a share") };
    let name = |position: u16| &*contract.measures[usize::from(position)].name;
    let DeductionKind::Measure(bonus) = deductions[0].kind else { panic!("a measure") };
    let DeductionKind::Allocated { of: platform, key } = deductions[1].kind else { panic!("allocated") };
    let names = [*of, climb.accumulator.unwrap(), bonus, platform, key].map(name);
    assert_eq!(names, ["sales of x", "count of x", "cost of x", "cost", "turnover of x"]);
}

#[test]
fn a_price_is_a_rate_of_a_count() {
    let price = |keys: &str| kind(&share(&format!("of = \"count\"\n{keys}")));
    assert_eq!(price("price = \"0.35\""), flat(2, rate("35/100")));
    assert_eq!(price("price = \"2.5\"\nper = 1000"), flat(2, rate("25/10000")));
    assert_eq!(price("price = 1200\nasset = \"KRW\""), flat(2, rate("1200/1")));
    // What does not fit as it stands is put in lowest terms.
    assert_eq!(price("price = \"0.50000000\"\nper = 1000"), flat(2, rate("1/2000")));
    let both = share("of = \"count\"\nprice = \"0.35\"\nasset = \"USD\"");
    let both = text("", &both).replace("[\"won\"]", "[\"won\", \"sales\"]");
    let loaded = load(&[("contracts/t.toml", &both)]).unwrap();
    let contract = loaded.book.contracts.iter().find(|contract| &*contract.id == "t").unwrap();
    let measure = &contract.measures[usize::from(contract.versions[0].terms[0].measure().unwrap())];
    assert_eq!(measure.filters[1].as_ref().map(|filter| filter.text()), Some("asset = 'USD'"));
}

#[test]
fn steps_state_amounts() {
    let keys =
        "kind = \"step\"\nof = \"count\"\nsteps = [{ up_to = \"1000\", amount = \"100000\" }, { amount = 150000 }]";
    let steps = vec![Step { up_to: Some(1_000), amount: 100_000 }, Step { up_to: None, amount: 150_000 }];
    assert_eq!(kind(&term(keys)), TermKind::Step { of: 2, steps, asset: KRW });
}

#[test]
fn agents_stand_after_those_above_them() {
    let keys = "[[version.term]]\nid = \"x\"\nkind = \"agents\"\nof = \"sales\"\nagent = \"agent\"\ndebtor = \"op\"\n\
                agents = [{ party = \"psp\", under = \"partner\", rate = \"3%\" }, { party = \"partner\", rate = \"5%\" }]\n\
                purpose = \"p\"\nrounding = { scope = \"line\", mode = \"down\" }\n";
    let contract = contract("", keys);
    let term = &contract.versions[0].terms[0];
    let agent = |party, above, text| Agent { party: PartyId(party), above, rate: rate(text) };
    let agents = vec![agent(1, None, "5%"), agent(2, Some(0), "3%")];
    assert_eq!(term.kind, TermKind::Agents { of: 0, by: 0, agents });
    assert_eq!((term.creditor, contract.dimensions[0].party), (Role::Dimension(0), true));
}

#[test]
fn attribution_has_a_model() {
    let check = |keys: &str, expected: Model| {
        let term = "[[version.term]]\nid = \"x\"\nkind = \"attribution\"\nof = \"sales\"\npath = \"seller\"\n\
                    debtor = \"op\"\npurpose = \"p\"\nrounding = { scope = \"line\", mode = \"down\" }\n";
        let TermKind::Attribution { of: 0, by: 0, separator, model } = kind(&format!("{term}{keys}")) else {
            panic!("attribution")
        };
        assert_eq!((&*separator, model), (">", expected), "{keys}");
    };
    check("model = \"linear\"", Model::Linear);
    check("model = \"position\"", Model::Position { first: 40, last: 40 });
    check("model = \"position\"\nfirst_percent = 30\nlast_percent = 70", Model::Position { first: 30, last: 70 });
    check("model = \"time_decay\"\nhalf_life = 3", Model::TimeDecay { half_life: 3 });
}

#[test]
fn closing_terms_name_terms_by_number() {
    let of = || vec![0];
    let check = |keys: &str, expected: TermKind| assert_eq!(kind(&term(keys)), expected, "{keys}");
    let of_share = |kind: &str, keys: &str| format!("kind = \"{kind}\"\nof = [\"share\"]\n{keys}");
    let bound = |upper| TermKind::Bound { of: of(), amount: 5_000, asset: KRW, upper };
    check(&of_share("cap", "amount = \"5000\""), bound(true));
    check(&of_share("floor", "amount = 5000\nasset = \"KRW\""), bound(false));
    check(&of_share("carry", ""), TermKind::Carry { of: of() });
    let minimum = |span, recoupable| TermKind::Minimum {
        of: of(),
        amount: 5_000,
        asset: KRW,
        span,
        recoupable,
        pool: Vec::new(),
    };
    check(&of_share("minimum", "amount = 5000"), minimum(Span::Period, false));
    check(&of_share("minimum", "amount = 5000\nspan = \"ever\"\nrecoupable = true"), minimum(Span::Ever, true));
    let on = Date::parse("2024-01-10").unwrap();
    let advance = |share| TermKind::Advance { of: of(), amount: 5_000, asset: KRW, on, share };
    check(&of_share("advance", "amount = 5000\non = 2024-01-10"), advance(Rate::ONE));
    check(&of_share("advance", "amount = 5000\non = \"2024-01-10\"\nshare = \"50%\""), advance(rate("50%")));
    let prepaid = |low, limit| TermKind::Prepaid { of: of(), top_up: 1, low, limit };
    check(&of_share("prepaid", "top_up = \"cost\""), prepaid(None, None));
    check(&of_share("prepaid", "top_up = \"cost\"\nlow = \"100\"\nlimit = 0"), prepaid(Some(100), Some(0)));
}

#[test]
fn closing_terms_round_nothing_and_may_have_vat() {
    let keys = "kind = \"cap\"\nof = [\"share\"]\namount = 1\nvat = { rate = \"10%\", rounding = \"down\" }";
    let contract = contract("", &term(keys));
    let cap = &contract.versions[0].terms[1];
    assert_eq!((cap.scope, cap.number, &*cap.dimensions), (Scope::Line, 1, &[][..]));
    assert_eq!(cap.vat.map(|vat| vat.rate), Some(rate("10%")));
    assert!(cap.is_known_at_end());
}

/// Numbers are those of all versions together, and a closing term may look at closing terms before it.
#[test]
fn names_are_of_the_whole_contract() {
    let second = "[[version]]\nvalid_from = \"2020-01-01\"\n[version.measures]\nsales = \"price\"\n";
    let other = SHARE.replace("id = \"share\"", "id = \"other\"");
    let closing = |id: &str, kind: &str, of: &str| {
        format!(
            "[[version.term]]\nid = \"{id}\"\nkind = \"{kind}\"\nof = [{of}]\ndebtor = \"op\"\ncreditor = \"psp\"\n\
             purpose = \"p\"\n"
        )
    };
    let cap = closing("cap", "cap", "\"share\"") + "amount = 9\n";
    let carry = closing("carry", "carry", "\"cap\", \"other\", \"share\"");
    let contract = contract("", &format!("{SHARE}{second}{other}{carry}{cap}"));
    assert_eq!(contract.term_ids.join(" "), "share other carry cap");
    let kinds: Vec<&TermKind> = contract.versions[1].terms[1..].iter().map(|term| &term.kind).collect();
    assert_eq!(kinds[0], &TermKind::Carry { of: vec![0, 1, 3] });
    assert!(matches!(kinds[1], TermKind::Bound { of, .. } if *of == [0]));
}

#[test]
fn pools_are_resolved_over_files() {
    let minimum = "kind = \"minimum\"\nof = [\"share\"]\namount = 5\npool = [\"a2/share\", \"z/share\"]";
    let own = text("", &term(minimum));
    let other = |id: &str| text("", SHARE).replace("id = \"t\"", &format!("id = \"{id}\""));
    let files = [("contracts/t.toml", own), ("contracts/a2.toml", other("a2")), ("contracts/z.toml", other("z"))];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let book = load(&files).unwrap().book;
    let ids: Vec<&str> = book.contracts.iter().map(|contract| &*contract.id).collect();
    assert_eq!(ids, ["a", "a2", "t", "z"]);
    let TermKind::Minimum { pool, .. } = &book.contracts[2].versions[0].terms[1].kind else { panic!("a minimum") };
    let pooled = |contract| Pooled { contract: ContractId(contract), term: 0 };
    assert_eq!(*pool, [pooled(1), pooled(3)]);
}

#[test]
fn a_contract_says_when_it_is_issued_and_paid() {
    let plain = contract("", SHARE);
    assert_eq!((plain.issue, plain.look_back_months), (Issue::AtCut, LOOK_BACK_MONTHS));
    assert_eq!((plain.payout, plain.conversion), (PayoutRule::default(), None));
    let head = "issue = \"on_command\"\nlook_back_months = 6\npayout = { hold_days = 30, minimum = \"10000\" }\n";
    let said = contract(head, SHARE);
    assert_eq!((said.issue, said.look_back_months), (Issue::OnCommand, 6));
    assert_eq!(said.payout, PayoutRule { hold_days: 30, minimum: Some((KRW, 10_000)) });
    assert_eq!(contract("issue = \"at_cut\"\npayout = { hold_days = 3 }\n", SHARE).payout.minimum, None);
}

#[test]
fn a_contract_converts_everything() {
    let of = |keys: &str| {
        let head = format!("conversion = {{ rates = \"ecb\", to = \"USD\", digits = 4{keys} }}\n");
        contract(&head, &term("kind = \"minimum\"\nof = [\"share\"]\namount = \"1.25\""))
    };
    let margin = |below| Some(Margin { rate: rate("1.5%"), below });
    let conversion = |margin| Some(Conversion { rates: RatesId(0), to: USD, digits: 4, margin });
    assert_eq!(of("").conversion, conversion(None));
    assert_eq!(of(", below = \"1.5%\"").conversion, conversion(margin(true)));
    assert_eq!(of(", above = \"1.5%\"").conversion, conversion(margin(false)));
    // Amounts are in the asset into which the contract converts.
    let kinds = of("").versions[0].terms[1].kind.clone();
    assert!(matches!(kinds, TermKind::Minimum { amount: 125, asset: USD, .. }), "{kinds:?}");
}
