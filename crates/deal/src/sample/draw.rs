//! Facts with every field set, drawn or counted.
//!
//! No struct literal here ends in `..default()`: a new field does not compile until it is drawn, joined in the laws
//! and seen in the golden files.

mod reading;
mod request;

use std::collections::BTreeMap;

use jiff::Timestamp;
use marketplace::catalog::{
    Counters, DimensionPrice, DurationPrices, FixedUpfront, Installment, LegalDocument, Renewal,
    ResaleAuthorization, Terms,
};
use marketplace::digest::Digest;
use marketplace::draft::Prices;
use marketplace::ids::{AccountId, OfferId, OfferSetId, ProductName};

use super::{account, witness};
use crate::facts::agreement::{AdjustmentFact, Cancellation, LicenseFacts};
use crate::facts::offer::Decision;
use crate::facts::partner::{Authorization, Called};
use crate::facts::{
    Acknowledged, Acknowledgements, AgreementFacts, ChangeSetFacts, EnvelopeIdFacts, Facts,
    NotificationFacts, NotificationTypeFacts, OfferFacts, OfferSetFacts, OpportunityFacts,
    PartnerFacts, Seen, SellerFacts, Unpublishable, ViewRole,
};
use crate::lattice::{Authority, Few, First, Fixed, Last, Register, Witness};
use crate::moment::Moment;
use crate::stream::StreamKind;
use crate::wholesale::{Stated, WholesaleTerms};

/// Where the values come from.
#[derive(Debug)]
enum Source {
    /// Seeded draws from few values, so that they meet; any field may be empty.
    Drawn(fastrand::Rng),
    /// The next number each time; no field is empty.
    Counted(u64),
}

/// Makes facts.
#[derive(Debug)]
pub(crate) struct Gen {
    source: Source,
    /// Whose content this is: a register's value is a function of it, as a notification says one thing.
    content: u64,
}

impl Gen {
    /// Draws with a seed.
    pub(crate) fn drawn(seed: u64) -> Self {
        Self { source: Source::Drawn(fastrand::Rng::with_seed(seed)), content: 0 }
    }

    /// Sets every field, with a different value each.
    pub(crate) const fn counted() -> Self {
        Self { source: Source::Counted(0), content: 0 }
    }

    pub(crate) fn number(&mut self, below: u64) -> u64 {
        match &mut self.source {
            Source::Drawn(rng) => rng.u64(..below),
            Source::Counted(last) => {
                *last += 1;
                *last
            }
        }
    }

    fn is_present(&mut self) -> bool {
        match &mut self.source {
            Source::Drawn(rng) => rng.bool(),
            Source::Counted(_) => true,
        }
    }

    fn flag(&mut self) -> bool {
        self.is_present()
    }

    fn text(&mut self, kind: &str) -> String {
        format!("{kind}-{}", self.number(4))
    }

    fn parsed<T: TryFrom<String, Error: std::fmt::Debug>>(&mut self, kind: &str) -> T {
        T::try_from(self.text(kind)).expect("an id")
    }

    fn account(&mut self) -> AccountId {
        account(&format!("{:012}", 111_122_223_333 + self.number(4)))
    }

    fn moment(&mut self) -> Moment {
        Moment::from_micros(
            1_796_119_200_000_000 + i64::try_from(self.number(6)).unwrap() * 60_000_000,
        )
    }

    fn timestamp(&mut self) -> Timestamp {
        self.moment().timestamp()
    }

    fn date(&mut self) -> jiff::civil::Date {
        jiff::civil::date(2026, 12, 1)
            + jiff::Span::new().days(i64::try_from(self.number(9)).unwrap())
    }

    /// A witness; the same content is always the same time and digest.
    fn witness(&mut self) -> Witness {
        let authorities = [
            Authority::Described,
            Authority::Released,
            Authority::Created,
            Authority::Amended,
            Authority::Ended,
            Authority::License,
            Authority::Other,
        ];
        self.content = self.number(12);
        let (content, position) = (self.content, usize::try_from(self.content % 7).unwrap());
        let time = Moment::from_micros(i64::try_from(content / 3).unwrap());
        witness(authorities[position], time, &content.to_string())
    }

    pub(crate) fn first(&mut self) -> First {
        if self.is_present() { First::at(self.moment()) } else { First::default() }
    }

    pub(crate) fn last(&mut self) -> Last {
        if self.is_present() { Last::at(self.moment()) } else { Last::default() }
    }

    pub(crate) fn fixed<T: Ord + Clone>(&mut self, value: impl Fn(&mut Self) -> T) -> Fixed<T> {
        let present = self.is_present();
        let said = self.witness();
        let value = value(self);
        Fixed::said(present.then_some(value), &said)
    }

    /// A register whose value follows from who says it: one notification says one thing.
    pub(crate) fn register<T>(&mut self, value: impl Fn(&mut Self) -> T) -> Register<T> {
        let present = self.is_present();
        let said = self.witness();
        let value = match &self.source {
            Source::Drawn(_) => value(&mut Self::drawn(self.content)),
            Source::Counted(_) => value(self),
        };
        Register::said(present.then_some(value), &said)
    }

    pub(crate) fn few<T: Ord, const MOST: usize>(
        &mut self,
        value: impl Fn(&mut Self) -> T,
    ) -> Few<T, MOST> {
        let count = if let Source::Drawn(rng) = &mut self.source { rng.usize(..4) } else { 2 };
        (0..count).map(|_| value(self)).collect()
    }

    fn map<K: Ord, V>(
        &mut self,
        key: impl Fn(&mut Self) -> K,
        value: impl Fn(&mut Self) -> V,
    ) -> BTreeMap<K, V> {
        let count = if let Source::Drawn(rng) = &mut self.source { rng.usize(..3) } else { 1 };
        (0..count).map(|_| (key(self), value(self))).collect()
    }

    fn option<T>(&mut self, value: impl Fn(&mut Self) -> T) -> Option<T> {
        let present = self.is_present();
        present.then(|| value(self))
    }

    fn alias(&mut self) -> (ProductName, ProductName) {
        (self.parsed("code"), self.parsed("prod"))
    }

    fn seen(&mut self) -> Seen {
        let roles = [ViewRole::Manufacturer, ViewRole::Proposer, ViewRole::Other];
        let role = roles[usize::try_from(self.number(3) % 3).unwrap()];
        Seen { role, us: self.option(Self::account) }
    }

    fn acknowledged(&mut self) -> Acknowledgements {
        let word = |make: &mut Self| Acknowledged {
            who: make.text("who"),
            why: make.text("why"),
            through: make.moment(),
        };
        self.map(|make| make.text("finding"), |make| make.register(word))
    }

    fn unpublishable(&mut self) -> Register<Unpublishable> {
        let word = |make: &mut Self| Unpublishable {
            event: make.text("event"),
            detail_type: make.text("type"),
            why: make.text("why"),
        };
        self.register(word)
    }

    fn called(&mut self) -> Called {
        Called { name: self.text("name"), who: self.text("who"), why: self.text("why") }
    }

    fn authorization(&mut self) -> Authorization {
        Authorization {
            sells: self.flag(),
            terms: self.option(Self::wholesale),
            who: self.text("who"),
            why: self.text("why"),
        }
    }

    fn wholesale(&mut self) -> WholesaleTerms {
        let price = |make: &mut Self| BTreeMap::from([(make.text("dimension"), make.price())]);
        let duration = "P12M".parse().expect("a duration");
        let prices = Prices { unit: BTreeMap::from([(duration, price(self))]), usage: price(self) };
        let stated = if self.flag() {
            Stated::Discount { percent: self.price(), list: prices }
        } else {
            Stated::Prices(prices)
        };
        WholesaleTerms { currency: "USD".to_owned(), stated }
    }

    fn decision(&mut self) -> Decision {
        Decision { linked: self.flag(), who: self.text("who"), why: self.text("why") }
    }

    fn price(&mut self) -> rust_decimal::Decimal {
        rust_decimal::Decimal::new(i64::try_from(self.number(9)).unwrap() * 100 + 5, 2)
    }

    fn dimension(&mut self) -> DimensionPrice {
        DimensionPrice { dimension: self.text("dimension"), price: self.price() }
    }

    fn document(&mut self) -> LegalDocument {
        LegalDocument {
            kind: self.text("Eula"),
            url: self.option(|make| make.text("https://example.com/eula")),
        }
    }

    fn terms(&mut self) -> Terms {
        Terms {
            currency: self.option(|_| "USD".to_owned()),
            usage: vec![self.dimension()],
            configurable: vec![DurationPrices {
                duration: "P1M".to_owned(),
                prices: vec![self.dimension()],
            }],
            fixed: Some(FixedUpfront {
                duration: self.option(|_| "P12M".to_owned()),
                price: self.option(Self::price),
                grants: vec![(self.text("dimension"), self.option(|make| make.number(300)))],
            }),
            schedule: vec![Installment { date: self.date(), amount: self.price() }],
            net_payment: self.option(|_| "P60D".to_owned()),
            buyer_legal: vec![self.document()],
            resale_legal: vec![self.document()],
            latest_start: self.option(Self::date),
            unknown: vec![self.text("Term")],
        }
    }

    pub(crate) fn resale_authorization(&mut self) -> ResaleAuthorization {
        ResaleAuthorization {
            id: self.parsed("resaleauthz"),
            last_modified: self.timestamp(),
            name: self.option(|make| make.text("name")),
            description: self.option(|make| make.text("description")),
            products: vec![self.parsed("prod")],
            product_title: self.option(|make| make.text("title")),
            status: self.option(|_| "Active".to_owned()),
            created: self.option(Self::timestamp),
            manufacturer: self.option(Self::account),
            reseller: self.option(Self::account),
            reseller_name: self.option(|make| make.text("name")),
            reseller_role: self.option(|_| "ChannelPartner".to_owned()),
            end_date: self.option(Self::date),
            max_offers: self.option(|make| u32::try_from(make.number(3)).unwrap()),
            buyers: vec![self.account()],
            renewal: self.option(|make| Renewal {
                channel: make.option(|_| "AwsMarketplace".to_owned()),
                pricing_model: make.option(|_| "Contract".to_owned()),
            }),
            counters: self.option(|make| Counters {
                extended_status: make.option(|_| "Not Started".to_owned()),
                offers_created: make.option(|make| make.number(5)),
            }),
            terms: self.terms(),
        }
    }

    fn license(&mut self) -> LicenseFacts {
        LicenseFacts {
            arn: self.register(|make| make.text("arn:aws:license-manager::888899990000:license:l")),
            seen: self.first(),
            updated: self.last(),
            deprovisioned: self.first(),
            code: self.fixed(|make| make.parsed("code")),
            reading: self.reading(),
            ..LicenseFacts::default()
        }
    }

    fn cancellation(&mut self) -> Cancellation {
        Cancellation { step: self.text("step"), reason_code: self.option(|make| make.text("CODE")) }
    }

    fn adjustment(&mut self) -> AdjustmentFact {
        AdjustmentFact {
            completed: self.flag(),
            amount: self.option(Self::price),
            currency: self.option(|_| "USD".to_owned()),
            reason_code: self.option(|make| make.text("CODE")),
            invoice: self.option(|make| make.text("invoice")),
        }
    }

    fn agreement(&mut self) -> AgreementFacts {
        let mut facts = AgreementFacts {
            created: self.first(),
            amended: self.last(),
            ended: self.fixed(|make| make.text("ended")),
            ended_first: self.first(),
            seen: self.few(Self::seen),
            intent: self.fixed(|make| make.text("INTENT")),
            authorization: self.fixed(|make| make.parsed("resaleauthz")),
            offer: self.fixed(|make| make.parsed("offer")),
            acceptor: self.fixed(Self::account),
            proposer: self.fixed(Self::account),
            manufacturer: self.fixed(Self::account),
            acceptance: self.fixed(Self::moment),
            start: self.register(Self::moment),
            end: self.register(|make| Some(make.moment())),
            auto_renew: self.register(Self::flag),
            previous: self.fixed(|make| make.parsed("agmt")),
            successor: self.fixed(|make| make.parsed("agmt")),
            products: self.few(|make| make.parsed("prod")),
            aliases: self.few(Self::alias),
            licenses: self.map(|make| make.parsed("l"), Self::license),
            cancellations: self
                .map(|make| make.parsed("acr"), |make| make.register(Self::cancellation)),
            adjustments: self.map(|make| make.parsed("ba"), |make| make.register(Self::adjustment)),
            advisory: self.register(Self::flag),
            ending_notice: self.register(|make| i64::try_from(make.number(180)).unwrap()),
            renewal_upcoming: self.last(),
            renewal_terms: self.last(),
            acknowledged: self.acknowledged(),
            unpublishable: self.unpublishable(),
        };
        // Drawn last: what is counted before keeps its numbers.
        for license in facts.licenses.values_mut() {
            license.registered = self.first();
            license.customer = self.fixed(Self::account);
        }
        facts
    }

    fn offer(&mut self) -> OfferFacts {
        OfferFacts {
            released: self.first(),
            seen: self.few(Self::seen),
            seller: self.fixed(Self::account),
            manufacturer: self.fixed(Self::account),
            products: self.few(|make| make.parsed("prod")),
            aliases: self.few(Self::alias),
            product_title: self.register(|make| make.text("title")),
            name: self.register(|make| make.text("name")),
            expires: self.register(|make| Some(make.moment())),
            buyers: self.register(|make| vec![make.account()]),
            offer_set: self.fixed(|make| make.parsed::<OfferSetId>("offerset")),
            confirmed: self.fixed(|make| make.parsed("resaleauthz")),
            decisions: self
                .map(|make| make.parsed("resaleauthz"), |make| make.register(Self::decision)),
            acknowledged: self.acknowledged(),
            unpublishable: self.unpublishable(),
        }
    }

    fn opportunity(&mut self) -> OpportunityFacts {
        OpportunityFacts {
            described: self.register(|make| Box::new(make.resale_authorization())),
            created: self.fixed(Self::moment),
            reseller: self.fixed(Self::account),
            aliases: self.few(Self::alias),
            active: self.first(),
            restricted: self.first(),
            draft: self.last(),
            named: self.few(Self::seen),
            first_named: self.fixed(|_| true),
            names: self.few(|make| make.parsed("prod")),
            requested_by: self.few(Self::request_id),
            cloned_from: self.few(|make| make.parsed("resaleauthz")),
            cloned_to: self.few(|make| make.parsed("resaleauthz")),
            acknowledged: self.acknowledged(),
            unpublishable: self.unpublishable(),
        }
    }

    fn seller(&mut self) -> SellerFacts {
        SellerFacts {
            disbursement_first: self.first(),
            disbursement_paused: self.register(|make| vec![make.text("instrument")]),
            security_first: self.first(),
            security_report: self.last(),
            acknowledged: self.acknowledged(),
            unpublishable: self.unpublishable(),
        }
    }

    fn notification_type(&mut self) -> NotificationTypeFacts {
        NotificationTypeFacts {
            source: self.fixed(|make| make.text("aws")),
            detail_type: self.fixed(|make| make.text("Type")),
            first: self.first(),
            last: self.last(),
            settled: self.first(),
            acknowledged: self.acknowledged(),
            unpublishable: self.unpublishable(),
        }
    }

    /// Facts of a kind of stream.
    pub(crate) fn facts(&mut self, kind: StreamKind) -> Facts {
        match kind {
            StreamKind::Agreement => Facts::Agreement(Box::new(self.agreement())),
            StreamKind::ChangeSet => Facts::ChangeSet(ChangeSetFacts {
                name: self.register(|make| make.text("name")),
                result: self.register(|make| make.text("result")),
                failure_code: self.register(|make| make.text("CODE")),
                requests: self.few(|make| (make.request_id(), make.small())),
                acknowledged: self.acknowledged(),
                unpublishable: self.unpublishable(),
            }),
            StreamKind::EnvelopeId => Facts::EnvelopeId(EnvelopeIdFacts {
                digests: self.few(|make| Digest::of(make.text("digest").as_bytes())),
                first: self.first(),
                last: self.last(),
                acknowledged: self.acknowledged(),
                unpublishable: self.unpublishable(),
            }),
            StreamKind::Notification => Facts::Notification(NotificationFacts {
                problem: self.fixed(|make| make.text("problem")),
                reason: self.register(|make| make.text("reason")),
                settled: self.first(),
                acknowledged: self.acknowledged(),
                unpublishable: self.unpublishable(),
                sent: self.fixed(Self::moment),
            }),
            StreamKind::NotificationType => Facts::NotificationType(self.notification_type()),
            StreamKind::Offer => Facts::Offer(Box::new(self.offer())),
            StreamKind::OfferSet => Facts::OfferSet(OfferSetFacts {
                name: self.register(|make| make.text("name")),
                offers: self.few(|make| make.parsed::<OfferId>("offer")),
            }),
            StreamKind::Opportunity => Facts::Opportunity(Box::new(self.opportunity())),
            StreamKind::Partner => Facts::Partner(PartnerFacts {
                reseller: self.flag(),
                name: self.register(|make| make.text("name")),
                aliases: self.few(Self::alias),
                called: self.register(Self::called),
                authorized: self
                    .map(|make| make.parsed("prod"), |make| make.register(Self::authorization)),
                acknowledged: self.acknowledged(),
                unpublishable: self.unpublishable(),
            }),
            StreamKind::Request => Facts::Request(Box::new(self.request())),
            StreamKind::Seller => Facts::Seller(self.seller()),
        }
    }
}
