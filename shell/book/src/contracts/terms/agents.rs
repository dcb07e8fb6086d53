//! A tree of agents: each level earns the difference between its rate and that of the level below.
//!
//! The file may list agents in any order; the term has each after the one above it. Θ(agents × depth).

use super::{VersionScope, warn_of_start};
use crate::contracts::roles;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::{Field, Section};
use contract::{Agent, TermKind};
use event::PartyId;
use money::Rate;
use std::collections::BTreeMap;

/// The most agents of one tree.
const AGENTS_MAX: usize = 10_000;

/// An agent as the file lists it.
struct Listed<'a> {
    id: &'a str,
    party: PartyId,
    under: Option<Field<'a>>,
    rate: Rate,
    /// The rate as written, and where.
    rate_field: Field<'a>,
    /// Position in the file of the one above.
    above: Option<usize>,
}

pub(super) fn read(
    section: &mut Section<'_>,
    of: Option<u16>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let by = section.required("agent");
    let by = by.and_then(|field| {
        let name = field.filled_text(findings)?;
        roles::dimension_of_parties(name, &field, scope.rated, &mut scope.tables.dimensions, scope.around, findings)
    });
    let listed = section.required("agents").and_then(|field| listed(&field, scope, findings));
    let agents = in_order(&listed?, findings)?;
    Some(TermKind::Agents { of: of?, by: by?, agents })
}

fn listed<'a>(field: &Field<'a>, scope: &VersionScope<'_, '_, '_>, findings: &mut Findings) -> Option<Vec<Listed<'a>>> {
    let items = field.filled_list(findings)?;
    if items.len() > AGENTS_MAX {
        field.fault(FaultKind::TooMany { key: "agents".into(), most: AGENTS_MAX.to_string().into() }, findings);
        return None;
    }
    let before = findings.count();
    let mut listed: Vec<Listed<'_>> = Vec::new();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items {
        let mut section = item.section(findings)?;
        let party_field = section.required("party");
        let under = section.optional("under");
        let rate_field = section.required("rate");
        section.finish(findings);
        let party = party_field.as_ref().and_then(|field| scope.around.parties.resolve(field, findings));
        let rate = rate_field.as_ref().and_then(|field| field.rate(findings));
        let (Some(party_field), Some(party), Some(rate), Some(rate_field)) = (party_field, party, rate, rate_field)
        else {
            continue;
        };
        warn_of_start(party, &party_field, scope, findings);
        let id = party_field.text(findings)?;
        if positions.insert(id, listed.len()).is_some() {
            let first = findings.line_of(field.place());
            party_field.fault(FaultKind::IdTwice { id: id.into(), first }, findings);
        }
        listed.push(Listed { id, party, under, rate, rate_field, above: None });
    }
    if findings.count() > before {
        return None;
    }
    for agent in &mut listed {
        let Some(under) = &agent.under else { continue };
        let name = under.text(findings)?;
        agent.above = positions.get(name).copied();
        if agent.above.is_none() {
            let known = known(name, positions.keys().copied());
            under.fault(FaultKind::AgentUnknown { name: name.into(), known }, findings);
        }
    }
    (findings.count() == before).then_some(listed)
}

/// The agents with each after the one above it, and none that would earn less than nothing.
fn in_order(listed: &[Listed<'_>], findings: &mut Findings) -> Option<Vec<Agent>> {
    let mut places: Vec<Option<u16>> = vec![None; listed.len()];
    let mut agents: Vec<Agent> = Vec::with_capacity(listed.len());
    let before = findings.count();
    for start in 0..listed.len() {
        if places[start].is_some() {
            continue;
        }
        // From the agent upward to the first that is placed already, then down again.
        let mut path = vec![start];
        while let Some(above) = listed[path[path.len() - 1]].above.filter(|&above| places[above].is_none()) {
            if path.contains(&above) {
                let name = listed[above].id.into();
                listed[start].under.as_ref()?.fault(FaultKind::AgentCycle { name }, findings);
                return None;
            }
            path.push(above);
        }
        for &position in path.iter().rev() {
            let agent = &listed[position];
            places[position] = u16::try_from(agents.len()).ok();
            let above = agent.above.and_then(|above| places[above]);
            agents.push(Agent { party: agent.party, above, rate: agent.rate });
            check_rate(agent, listed, findings);
        }
    }
    (findings.count() == before).then_some(agents)
}

fn check_rate(agent: &Listed<'_>, listed: &[Listed<'_>], findings: &mut Findings) {
    let Some(above) = agent.above.map(|above| &listed[above]) else { return };
    let cross = |left: Rate, right: Rate| i128::from(left.numerator()) * i128::from(right.denominator());
    if cross(agent.rate, above.rate) > cross(above.rate, agent.rate) {
        let (name, under) = (agent.id.into(), above.id.into());
        let rate = agent.rate_field.found(findings);
        agent.rate_field.fault(FaultKind::AgentRate { name, under, rate }, findings);
    }
}
