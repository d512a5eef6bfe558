//! A timeline: what happened to a deal, when, when we learned it, and from what.
//!
//! Unlike every other item this one is our own history: it tells of recorded times, versions and causes.

use marketplace::ids::{AccountId, LicenseId, ProductName};
use serde::Serialize;

use crate::correlate::{Basis, Link};
use crate::entitlement::Entitlement;
use crate::event::Event;
use crate::facts::reading::Reading;
use crate::facts::request::Refusal;
use crate::facts::{
    AgreementFacts, ChangeSetFacts, Facts, NotificationFacts, OfferFacts, OpportunityFacts,
    PartnerFacts, RequestFacts, SellerFacts,
};
use crate::finding::Finding;
use crate::lattice::{Fixed, Register};
use crate::moment::Moment;
use crate::public::{OfferNews, OpportunityNews, PublicEvent, RequestNews};
use crate::reading::listed;
use crate::registration::Registration;
use crate::stream::StreamId;

/// One event of a stream, in words and by its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineItem {
    /// The event's id.
    pub id: String,
    /// The event's type: `fact/offer-released`, `public/Offer Linked`, `work/pending`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, for people.
    pub what: String,
    /// When it happened in the world.
    pub occurred_at: String,
    /// When we recorded it.
    pub recorded_at: String,
    /// The stream that it is an event of.
    pub stream: StreamId,
    /// Its place in that stream, from 1.
    pub version: i64,
    /// From what we learned it.
    pub cause: CauseItem,
}

/// From what we learned something. What does not belong to its type is null.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CauseItem {
    /// `notification`, `command` or `time`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The notification's digest.
    pub notification: Option<String>,
    /// Its detail-type.
    pub detail_type: Option<String>,
    /// The id that EventBridge gave it.
    pub envelope_id: Option<String>,
    /// Its time.
    pub time: Option<String>,
    /// The command.
    pub command: Option<String>,
    /// Who gave the command.
    pub who: Option<String>,
    /// Why.
    pub why: Option<String>,
}

/// Where an event stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The event's id.
    pub id: String,
    /// Its stream.
    pub stream: StreamId,
    /// Its version.
    pub version: i64,
    /// When it happened.
    pub occurred_at: Moment,
    /// When it was recorded.
    pub recorded_at: Moment,
}

impl TimelineItem {
    /// From an event. Who gave a command, and why, is in the event itself.
    pub fn new(place: Place, event: &Event, mut cause: CauseItem) -> Self {
        if let Some((who, why)) = person(event) {
            (cause.who, cause.why) = (Some(who), Some(why));
        }
        Self {
            id: place.id,
            kind: event.kind(),
            what: words(event),
            occurred_at: place.occurred_at.to_string(),
            recorded_at: place.recorded_at.to_string(),
            stream: place.stream,
            version: place.version,
            cause,
        }
    }
}

/// Who decided something by this event, and why.
fn person(event: &Event) -> Option<(String, String)> {
    let Event::Facts { facts, .. } = event else { return None };
    if let Facts::Offer(offer) = facts
        && let Some(decision) = offer.decisions.values().find_map(Register::get)
    {
        return Some((decision.who.clone(), decision.why.clone()));
    }
    if let Facts::Request(request) = facts
        && let Some(wish) = request.wishes.values().find_map(Fixed::get)
    {
        return Some((wish.who.clone(), wish.why.clone()));
    }
    if let Facts::Partner(partner) = facts {
        let word = partner.authorized.values().find_map(Register::get);
        let word = word.map(|word| (word.who.clone(), word.why.clone()));
        let called = || partner.called.get().map(|name| (name.who.clone(), name.why.clone()));
        return word.or_else(called);
    }
    let acknowledged = match facts {
        Facts::Agreement(facts) => &facts.acknowledged,
        Facts::ChangeSet(facts) => &facts.acknowledged,
        Facts::EnvelopeId(facts) => &facts.acknowledged,
        Facts::Notification(facts) => &facts.acknowledged,
        Facts::NotificationType(facts) => &facts.acknowledged,
        Facts::Offer(facts) => &facts.acknowledged,
        Facts::Opportunity(facts) => &facts.acknowledged,
        Facts::Request(facts) => &facts.acknowledged,
        Facts::Seller(facts) => &facts.acknowledged,
        Facts::OfferSet(_) | Facts::Partner(_) => return None,
    };
    let word = acknowledged.values().find_map(Register::get)?;
    Some((word.who.clone(), word.why.clone()))
}

/// What an event says, for people.
fn words(event: &Event) -> String {
    match event {
        Event::Facts { slug, .. } if slug == "finding-acknowledged" => {
            "finding acknowledged".to_owned()
        }
        Event::Facts { slug, facts } => said(slug, facts),
        Event::Public(event) => concluded(event),
        Event::Pending(pending) if pending.done => "all of its offers are judged again".to_owned(),
        Event::Pending(_) => "more of its offers are to be judged again".to_owned(),
    }
}

fn said(slug: &str, facts: &Facts) -> String {
    match facts {
        Facts::Agreement(facts) => agreement(slug, facts),
        Facts::Offer(facts) => offer(slug, facts),
        Facts::Opportunity(facts) => opportunity(slug, facts),
        Facts::Partner(facts) => partner(facts),
        Facts::ChangeSet(facts) => change_set(facts),
        Facts::Request(facts) => request(slug, facts),
        Facts::Seller(facts) => seller(slug, facts),
        Facts::Notification(facts) => notification(slug, facts),
        Facts::OfferSet(facts) => format!("set of {} offers released", facts.offers.iter().count()),
        Facts::EnvelopeId(_) => "another content came under the same id".to_owned(),
        Facts::NotificationType(_) => format!("a notification of an unknown type: {slug}"),
    }
}

fn agreement(slug: &str, facts: &AgreementFacts) -> String {
    let confirms = facts.authorization.get().map(|id| format!("confirms {id}"));
    let offer = facts.offer.get().map(|id| format!("from {id}"));
    if !facts.created.is_empty() {
        let intent = facts.intent.get().filter(|intent| *intent != "NEW").cloned();
        let buyer = facts.acceptor.get().map(|buyer| format!("accepted by {buyer}"));
        return list("agreement created", [confirms, offer, buyer, intent]);
    }
    if let Some(word) = facts.ended.get() {
        return list("agreement ended", [Some(word.replace('_', " "))]);
    }
    if !facts.amended.is_empty() {
        let end = facts.ends().map(|end| format!("ends {end}"));
        return list("agreement amended", [end]);
    }
    if let Some(days) = facts.ending_notice.get() {
        return format!("agreement ends in {days} days, says AWS");
    }
    if let Some((id, request)) = facts.cancellations.iter().next() {
        let step = request.get().map(|request| request.step.replace('-', " "));
        let reason = request.get().and_then(|request| request.reason_code.clone());
        return list(&format!("cancellation request {id}"), [step, reason]);
    }
    if let Some((id, adjustment)) = facts.adjustments.iter().next() {
        let fact = adjustment.get();
        let done = fact.map(|fact| if fact.completed { "completed" } else { "failed" });
        let amount = fact.and_then(|fact| {
            Some(format!("{} {}", fact.amount?, fact.currency.as_deref().unwrap_or_default()))
        });
        return list(&format!("billing adjustment {id}"), [done.map(str::to_owned), amount]);
    }
    if let Some((id, license)) = facts.licenses.iter().next() {
        if !license.reading.is_empty() {
            return reading(id, &license.reading);
        }
        if !license.registered.is_empty() {
            let account = license.customer.get().map(|account| format!("by {account}"));
            return list(&format!("license {id} registered"), [account]);
        }
        let word = if license.deprovisioned.is_empty() { "updated" } else { "deprovisioned" };
        return list(&format!("license {id} {word}"), [confirms]);
    }
    if let Some(issued) = facts.advisory.get() {
        return format!("advisory {}", if *issued { "issued" } else { "resolved" });
    }
    if let Some(successor) = facts.successor.get() {
        return format!("{successor} succeeds the agreement");
    }
    let products: Vec<String> = facts.products.iter().map(ToString::to_string).collect();
    list(&sentence(slug, "agreement"), [confirms, offer, Some(products.join(", "))])
}

fn reading(id: &LicenseId, reading: &Reading) -> String {
    if let Some(unanswered) = reading.unanswered.get() {
        let Refusal { code, text, .. } = &unanswered.refusal;
        return list(&format!("license {id} not read"), [code.clone().or(Some(text.clone()))]);
    }
    let granted = reading.quantities.get().map(|quantities| listed(quantities.iter()));
    let unannounced = reading.unannounced.get().map(|_| "not announced by AWS".to_owned());
    list(&format!("license {id} read"), [granted.or(Some("as before".to_owned())), unannounced])
}

fn offer(slug: &str, facts: &OfferFacts) -> String {
    if let Some((id, decision)) = facts.decisions.iter().next() {
        let linked = decision.get().is_some_and(|decision| decision.linked);
        return format!(
            "offer {} {id} by a person",
            if linked { "linked to" } else { "parted from" }
        );
    }
    let confirms = facts.confirmed.get().map(|id| format!("confirms {id}"));
    if facts.released.is_empty() {
        let set = facts.offer_set.get().map(|set| format!("in {set}"));
        let products: Vec<&str> = facts.products.iter().map(ProductName::as_str).collect();
        if !products.is_empty() {
            return list("offer sells", [Some(products.join(", ")), confirms]);
        }
        return list(&sentence(slug, "offer"), [confirms, set]);
    }
    let seller = facts.seller.get().map(|seller| format!(" by {seller}")).unwrap_or_default();
    let buyers = Some(facts.buyers()).filter(|buyers| !buyers.is_empty());
    let buyers = buyers.map(|buyers| format!(" for {}", accounts(buyers))).unwrap_or_default();
    let expires = facts.expires().map(|time| format!("expires {time}"));
    list(&format!("offer released{seller}{buyers}"), [expires])
}

fn opportunity(slug: &str, facts: &OpportunityFacts) -> String {
    let Some(document) = facts.described.get() else {
        let cloned = facts.cloned_to.iter().next().map(|id| format!("opportunity cloned to {id}"));
        let named = facts.requested_by.iter().next().map(|id| {
            let from = facts.cloned_from.iter().next().map(|id| format!("clone of {id}"));
            list(&format!("opportunity named by request {id}"), [from])
        });
        return named.or(cloned).unwrap_or_else(|| sentence(slug, "opportunity"));
    };
    let status = document.status.as_ref().map(|status| status.to_lowercase());
    let partner = document.reseller.as_ref().map(|partner| format!("for partner {partner}"));
    let worth = document.terms.commitment().map(|amount| {
        let currency = document.terms.currency.as_deref().unwrap_or_default();
        format!("wholesale {amount} {currency}").trim_end().to_owned()
    });
    let end = document.end_date.map(|date| format!("until {date}"));
    list("opportunity described by AWS", [status, partner, worth, end])
}

fn partner(facts: &PartnerFacts) -> String {
    if let Some((product, word)) = facts.authorized.iter().next() {
        let word = word.get();
        let terms = word.and_then(|word| word.terms.as_ref()).map(ToString::to_string);
        let verb = if word.is_some_and(|word| word.sells) { "may" } else { "may no longer" };
        return list(&format!("partner {verb} sell {product}"), [terms]);
    }
    if let Some(called) = facts.called.get() {
        return format!("partner called {}", called.name);
    }
    let name = facts.name.get().cloned();
    let aliases = facts.aliases.iter().map(|(one, other)| format!("{one} is {other}"));
    list("partner", [name, Some(aliases.collect::<Vec<_>>().join(", "))])
}

fn change_set(facts: &ChangeSetFacts) -> String {
    if let Some((request, attempt)) =
        facts.requests.iter().next().filter(|_| facts.result.is_empty())
    {
        return format!("change set of {request}, attempt {attempt}");
    }
    let result = facts.result.get().map_or("ended", String::as_str);
    list(&format!("change set {result}"), [facts.failure_code.get().cloned()])
}

/// The slugs of what a driver records are words for people already.
fn request(slug: &str, facts: &RequestFacts) -> String {
    if let Some(wish) = facts.wishes.values().find_map(Fixed::get) {
        let about = wish.opportunity.as_ref().map(ToString::to_string);
        let partner = wish.partner.as_ref().map(|partner| format!("for partner {partner}"));
        return list(
            &format!("{} requested", wish.kind.word()),
            [about, wish.name.clone(), partner],
        );
    }
    let noticed = facts.change_sets().find(|(_, _, seen)| !seen.noticed.is_empty());
    if let Some((_, id, _)) = noticed {
        return format!("a notification says that change set {id} ended");
    }
    let refused = facts.attempts.values().find_map(|attempt| attempt.refused.get());
    let refusal = refused.or(facts.trouble.get());
    let refusal = refusal.map(|refusal| refusal.code.clone().unwrap_or(refusal.text.clone()));
    let report = facts.change_sets().find_map(|(_, _, seen)| seen.report.get());
    let made = report.and_then(|report| report.opportunity.as_ref()).map(ToString::to_string);
    let code = report.and_then(|report| report.failure_code.clone());
    let set = facts.change_sets().next().map(|(_, id, _)| id.to_string());
    let draft = facts.draft.get().map(ToString::to_string);
    list(&spaced(slug), [set, code, made, refusal, draft])
}

fn seller(slug: &str, facts: &SellerFacts) -> String {
    if !facts.disbursement_first.is_empty() {
        return "disbursement paused".to_owned();
    }
    if facts.security_first.is_empty() {
        spaced(slug)
    } else {
        "security report created".to_owned()
    }
}

fn notification(slug: &str, facts: &NotificationFacts) -> String {
    list(&format!("notification {}", spaced(slug)), [facts.reason.get().cloned()])
}

fn concluded(event: &PublicEvent) -> String {
    let name = event.detail_type().to_lowercase();
    match event {
        PublicEvent::OpportunityReleased(news) | PublicEvent::OpportunityChanged(news) => {
            opportunity_news(&name, news)
        }
        PublicEvent::OpportunityRequested(news)
        | PublicEvent::OpportunityRequestSucceeded(news)
        | PublicEvent::OpportunityRequestFailed(news) => request_news(&name, news),
        PublicEvent::OfferReceived(news) | PublicEvent::OfferLinked(news) => {
            offer_news(&name, news)
        }
        PublicEvent::EntitlementGranted(news)
        | PublicEvent::EntitlementStarted(news)
        | PublicEvent::EntitlementChanged(news)
        | PublicEvent::EntitlementEnding(news)
        | PublicEvent::EntitlementEnded(news) => entitlement_news(&name, news),
        PublicEvent::RenewalUpcoming(news) => {
            let days = news.renewal.days.map(|days| format!("{days} days"));
            list(&name, [days, news.renewal.ends_at.as_ref().map(|end| format!("ends {end}"))])
        }
        PublicEvent::BuyerRegistered(news) => registration_news(&name, &news.registration),
        PublicEvent::FindingRaised(finding) | PublicEvent::FindingClosed(finding) => {
            finding_news(&name, finding)
        }
    }
}

fn opportunity_news(name: &str, news: &OpportunityNews) -> String {
    list(name, [Some(news.status.clone())])
}

fn request_news(name: &str, news: &RequestNews) -> String {
    let opportunity = news.opportunity.as_ref().map(ToString::to_string);
    let cancelled = Some(news.status.clone()).filter(|status| status == "cancelled");
    list(
        name,
        [Some(news.wish.word().to_owned()), opportunity, cancelled, Some(news.codes.join(", "))],
    )
}

fn offer_news(name: &str, news: &OfferNews) -> String {
    list(name, [news.link.as_ref().map(link)])
}

fn link(link: &Link) -> String {
    let contested = if link.contested { ", contested" } else { "" };
    match (&link.opportunity, link.basis) {
        (Some(opportunity), basis) => format!("{} {opportunity}{contested}", basis.word()),
        (None, Basis::Ambiguous) if !contested.is_empty() => format!("ambiguous{contested}"),
        (None, Basis::Ambiguous) => format!("ambiguous, {} fit", link.eligible),
        (None, basis) => basis.word().to_owned(),
    }
}

fn entitlement_news(name: &str, news: &Entitlement) -> String {
    // An event named after a status does not say it again.
    let status = Some(news.status.word()).filter(|word| !name.ends_with(word)).map(str::to_owned);
    let licenses = news.licenses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let live = news.status.is_live() && !licenses.is_empty();
    let licenses = live.then(|| format!("license {licenses}"));
    let successor = news.successor.as_ref().map(|id| format!("followed by {id}"));
    list(name, [status, news.reason.clone(), licenses, successor])
}

fn registration_news(name: &str, registration: &Registration) -> String {
    let account = registration.account.as_ref().map(ToString::to_string);
    list(name, [account, Some(format!("license {}", registration.license))])
}

fn finding_news(name: &str, finding: &Finding) -> String {
    list(name, [Some(format!("{} ({})", finding.kind.word(), finding.severity.word()))])
}

/// What a slug says of a noun; a stream that is only named by another one says so.
fn sentence(slug: &str, noun: &str) -> String {
    if slug == "named" { format!("{noun} named by an agreement") } else { spaced(slug) }
}

fn spaced(slug: &str) -> String {
    slug.strip_prefix("purchase-").unwrap_or(slug).replace('-', " ")
}

fn accounts(ids: &[AccountId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A headline, and after a colon what is known of it.
fn list<const N: usize>(headline: &str, parts: [Option<String>; N]) -> String {
    let parts: Vec<String> =
        parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    if parts.is_empty() { headline.to_owned() } else { format!("{headline}: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests;
