//! A reproducible stream of notifications with a mix like real life.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use processor::delivery::{Delivery, Via};

/// Of 100 offers, so many are accepted. With what follows an acceptance, 60 % of the stream are offers.
const ACCEPTED: u32 = 27;
/// Of 100 agreements, so many are amended.
const AMENDED: u32 = 30;
/// Of 100 agreements, so many end.
const ENDED: u32 = 20;
/// Of 100 deliveries, so many bring what came before: half of them as it was, half replayed under a new id.
const REPEATED: u32 = 5;
/// Of 100 opportunities beyond a partner's first, so many may be used once.
const SINGLE_USE: u32 = 25;
/// Of 100 partners and products, so many have an opportunity for any buyer.
const ANY_BUYER: u32 = 33;
/// A repetition is of one of the last so many deliveries.
const MEMORY: usize = 1_000;
/// An answer follows within so many steps.
const ANSWER: u64 = 500;
/// Opportunities of one partner for one product.
const OF_ONE_PRODUCT: usize = 20;

const US: &str = "111122223333";

/// How many partners there are, and how much each of them does.
#[derive(Debug, Clone, Copy)]
pub struct Market {
    /// Of everything that is drawn.
    pub seed: u64,
    /// How many partners there are.
    pub partners: usize,
    /// Each partner has at least and at most so many.
    pub opportunities: (usize, usize),
}

impl Market {
    /// Partners with 1 to 3 opportunities and about 10 offers each.
    pub fn small(seed: u64, notifications: usize) -> Self {
        Self { seed, partners: (notifications / 16).max(1), opportunities: (1, 3) }
    }
}

struct Partner {
    account: String,
    opportunities: Vec<Opportunity>,
}

struct Opportunity {
    id: String,
    product: usize,
    /// Every buyer where there is none.
    buyer: Option<String>,
    single_use: bool,
    used: bool,
}

#[derive(Clone)]
struct Deal {
    offer: String,
    partner: String,
    opportunity: String,
    buyer: String,
    product: usize,
    agreement: String,
    license: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Created,
    License,
    Amended,
    Ended,
}

/// Makes one notification after the other.
pub struct Generator {
    random: Rng,
    step: u64,
    partners: Vec<Partner>,
    deals: Vec<Deal>,
    /// By the step at which it comes: an answer and the deal that it concerns.
    answers: BinaryHeap<Reverse<(u64, usize, Answer)>>,
    recent: VecDeque<String>,
    accepts: bool,
    mark: &'static str,
}

/// What the ids of [`Generator::marked`] contain: six digits.
pub const MARK: &str = "771177";

impl Generator {
    /// Of this market.
    pub fn new(market: Market) -> Self {
        Self::with_mark(market, "")
    }

    /// The mark is in every id of an offer, an agreement, a license, an opportunity, and in every account.
    pub fn marked(market: Market) -> Self {
        Self::with_mark(market, MARK)
    }

    fn with_mark(market: Market, mark: &'static str) -> Self {
        let mut random = Rng::with_seed(market.seed);
        let (least, most) = market.opportunities;
        let mut partner = |_| {
            let count = random.usize(least..=most);
            partner(&mut random, count, mark)
        };
        let partners = (0..market.partners).map(&mut partner).collect();
        Self {
            random,
            step: 0,
            partners,
            deals: Vec::new(),
            answers: BinaryHeap::new(),
            recent: VecDeque::new(),
            accepts: true,
            mark,
        }
    }

    /// From now on offers are accepted, or none is.
    pub fn accept(&mut self, accepts: bool) {
        self.accepts = accepts;
    }

    /// The descriptions of all opportunities, as `describe-entity` prints them.
    pub fn descriptions(&self) -> impl Iterator<Item = String> {
        self.partners
            .iter()
            .flat_map(|partner| partner.opportunities.iter().map(|one| described(partner, one)))
    }

    /// The same as deliveries.
    pub fn imports(&self) -> Vec<Delivery> {
        let described = self.descriptions().enumerate().map(|(number, document)| {
            let found = marketplace::catalog::describe(document.as_bytes());
            let body = found.expect("it is a description").envelopes.remove(0);
            let seed = self.partners.first().map_or("", |partner| partner.account.as_str());
            Delivery { id: format!("import-{seed}-{number}"), via: Via::Import, body }
        });
        described.collect()
    }

    /// So many deliveries.
    pub fn take(&mut self, count: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::with_capacity(count);
        for _ in 0..count {
            let body = self.body().into_bytes();
            deliveries.push(Delivery { id: uuid(&mut self.random), via: Via::Queue, body });
        }
        deliveries
    }

    /// The next body.
    pub fn body(&mut self) -> String {
        if !self.recent.is_empty() && self.random.u32(..100) < REPEATED {
            let mut body = self.recent[self.random.usize(..self.recent.len())].clone();
            if self.random.bool() {
                body.replace_range(ID_AT..ID_AT + 36, &uuid(&mut self.random));
            }
            return body;
        }
        self.step += 1;
        let due = self.answers.peek().is_some_and(|Reverse((step, _, _))| *step <= self.step);
        let answer = if due { self.answers.pop() } else { None };
        let body = match answer {
            Some(Reverse((_, deal, answer))) => self.answer(deal, answer),
            None => self.offer(),
        };
        self.recent.push_back(body.clone());
        if self.recent.len() > MEMORY {
            self.recent.pop_front();
        }
        body
    }

    fn later(&mut self, deal: usize, answer: Answer) {
        let wait = self.random.u64(1..ANSWER);
        self.answers.push(Reverse((self.step + wait, deal, answer)));
    }

    fn offer(&mut self) -> String {
        let (random, mark) = (&mut self.random, self.mark);
        let partner = random.usize(..self.partners.len());
        let partner = &mut self.partners[partner];
        let usable: Vec<usize> = (0..partner.opportunities.len())
            .filter(|at| !partner.opportunities[*at].used)
            .collect();
        let opportunity = &mut partner.opportunities[usable[random.usize(..usable.len())]];
        opportunity.used = opportunity.single_use;
        let deal = Deal {
            offer: format!("offer-{mark}{}", word(random, 13)),
            partner: partner.account.clone(),
            opportunity: opportunity.id.clone(),
            buyer: opportunity.buyer.clone().unwrap_or_else(|| account(random, mark)),
            product: opportunity.product,
            agreement: format!("agmt-{mark}{}", word(random, 24)),
            license: format!("l-{mark}{:032x}", random.u128(..)),
        };
        let body = released(random, self.step, &deal);
        if self.accepts && self.random.u32(..100) < ACCEPTED {
            self.deals.push(deal);
            self.later(self.deals.len() - 1, Answer::Created);
        }
        body
    }

    fn answer(&mut self, at: usize, answer: Answer) -> String {
        if answer == Answer::Created {
            self.later(at, Answer::License);
            if self.random.u32(..100) < AMENDED {
                self.later(at, Answer::Amended);
            }
            if self.random.u32(..100) < ENDED {
                self.later(at, Answer::Ended);
            }
        }
        let deal = &self.deals[at];
        let when = time(self.step);
        let (name, agreement, rest) = match answer {
            Answer::Created => (
                "Purchase Agreement Created",
                format!(
                    r#","intent":"NEW","status":"ACTIVE","acceptanceTime":"{when}","startTime":"{when}","endTime":"2028-01-31T00:00:00.000Z""#
                ),
                String::new(),
            ),
            Answer::Amended => (
                "Purchase Agreement Amended",
                format!(
                    r#","intent":"AMEND","status":"ACTIVE","acceptanceTime":"{when}","endTime":"2028-06-30T00:00:00.000Z""#
                ),
                String::new(),
            ),
            Answer::Ended => {
                ("Purchase Agreement Ended", r#","status":"CANCELLED""#.to_owned(), String::new())
            }
            Answer::License => (
                "License Updated",
                String::new(),
                format!(
                    r#""product":{{"code":"code-{0}","id":"prod-{0}"}},"license":{{"arn":"arn:aws:license-manager::888899990000:license:{1}"}},"#,
                    deal.product, deal.license
                ),
            ),
        };
        let detail = format!(
            r#""agreement":{{"id":"{}"{agreement}}},{rest}"resaleAuthorization":{{"id":"{}"}},"acceptor":{{"accountId":"{}"}},"proposer":{{"accountId":"{}"}},"offer":{{"id":"{}"}}"#,
            deal.agreement, deal.opportunity, deal.buyer, deal.partner, deal.offer
        );
        let resource = format!("arn:aws:aws-marketplace::aws:agreement:{}", deal.agreement);
        let name = format!("{name} - Manufacturer");
        envelope(
            &mut self.random,
            self.step,
            "aws.agreement-marketplace",
            &name,
            &resource,
            &detail,
        )
    }
}

/// A moment after everything that a generator says in so many steps.
pub fn after(steps: usize) -> Timestamp {
    moment(u64::try_from(steps).unwrap_or(0) + 3_600)
}

fn moment(step: u64) -> Timestamp {
    let begin: Timestamp = "2026-11-12T00:00:00Z".parse().expect("a time");
    begin + SignedDuration::from_secs(i64::try_from(step).unwrap_or(0))
}

fn time(step: u64) -> String {
    moment(step).to_string()
}

/// Where the id stands in every body.
const ID_AT: usize = r#"{"version":"0","id":""#.len();

fn envelope(
    random: &mut Rng,
    step: u64,
    source: &str,
    name: &str,
    resource: &str,
    detail: &str,
) -> String {
    let (id, request, when) = (uuid(random), uuid(random), time(step));
    format!(
        r#"{{"version":"0","id":"{id}","detail-type":"{name}","source":"{source}","account":"{US}","time":"{when}","region":"us-east-1","resources":["{resource}"],"detail":{{"requestId":"{request}","catalog":"AWSMarketplace",{detail}}}}}"#
    )
}

fn released(random: &mut Rng, step: u64, deal: &Deal) -> String {
    let Deal { offer, partner, buyer, product, .. } = deal;
    let detail = format!(
        r#""offer":{{"id":"{offer}","arn":"arn:aws:catalog:us-east-1:{partner}:Offer/{offer}","name":"Acme Cloud Platform for buyer {buyer}","expirationDate":"2027-01-31T23:59:59Z"}},"product":{{"id":"prod-{product}","arn":"arn:aws:aws-marketplace:us-east-1:{US}:AWSMarketplace/SaaSProduct/prod-{product}","title":"Acme Cloud Platform"}},"manufacturer":{{"accountId":"{US}","name":"Acme Cloud Software"}},"sellerOfRecord":{{"accountId":"{partner}","name":"Partner {partner}"}},"targetedBuyerAccountIds":["{buyer}"]"#
    );
    let resource =
        format!("arn:aws:aws-marketplace:us-east-1:{partner}:AWSMarketplace/Offer/{offer}");
    envelope(random, step, "aws.marketplacecatalog", "Offer Released", &resource, &detail)
}

fn partner(random: &mut Rng, count: usize, mark: &str) -> Partner {
    let opportunity = |at: usize| {
        let first = at.is_multiple_of(OF_ONE_PRODUCT);
        let any = first && random.u32(..100) < ANY_BUYER;
        Opportunity {
            id: format!("resaleauthz-{mark}{}", word(random, 13)),
            product: at / OF_ONE_PRODUCT,
            buyer: (!any).then(|| account(random, mark)),
            single_use: !first && random.u32(..100) < SINGLE_USE,
            used: false,
        }
    };
    let opportunities = (0..count).map(opportunity).collect();
    Partner { account: account(random, mark), opportunities }
}

fn described(partner: &Partner, opportunity: &Opportunity) -> String {
    let Opportunity { id, product, buyer, single_use, .. } = opportunity;
    let account = &partner.account;
    let buyers = buyer.as_ref().map_or(String::new(), |buyer| {
        format!(
            r#",{{"Type":"BuyerTargetingTerm","Id":"term-4","PositiveTargeting":{{"BuyerAccounts":[{{"AwsAccountId":"{buyer}"}}]}}}}"#
        )
    });
    let quantity = if *single_use { r#","OffersMaxQuantity":1"# } else { "" };
    format!(
        r#"{{"EntityType":"ResaleAuthorization@1.0","EntityIdentifier":"{id}@1","LastModifiedDate":"2026-11-10T14:05:40Z","DetailsDocument":{{"Name":"Acme Cloud Platform via {account}","ProductId":"prod-{product}","ProductArn":"arn:aws:aws-marketplace:us-east-1:{US}:AWSMarketplace/SaaSProduct/prod-{product}","ProductName":"Acme Cloud Platform","Status":"Active","CreatedDate":"2026-11-10T13:58:40.331Z","ManufacturerAccountId":"{US}","ManufacturerLegalName":"Acme Cloud Software","OfferDetails":{{"OfferExtendedStatus":"Not Started","OfferCreatedCount":0}},"Terms":[{{"Type":"ResaleFixedUpfrontPricingTerm","Id":"term-1","CurrencyCode":"USD","Price":"0","Duration":"P12M","Grants":[{{"DimensionKey":"seats","MaxQuantity":250}}]}},{{"Type":"ResalePaymentScheduleTerm","Id":"term-2","CurrencyCode":"USD","Schedule":[{{"ChargeDate":"2027-01-15T00:00:00.000Z","ChargeAmount":"40000.00"}},{{"ChargeDate":"2027-05-15T00:00:00.000Z","ChargeAmount":"60000.00"}}]}},{{"Type":"ResaleNetPaymentTerm","Id":"term-3","PaymentDuePeriod":"P60D"}}{buyers}],"Rules":[{{"Type":"AvailabilityRule","Id":"rule-1","AvailabilityEndDate":"2027-06-30T23:59:59Z"{quantity}}},{{"Type":"PartnerTargetingRule","Id":"rule-2","ResellerAccountId":"{account}","ResellerLegalName":"Partner {account}","ResellerRole":"ChannelPartner"}}]}}}}"#
    )
}

fn account(random: &mut Rng, mark: &str) -> String {
    let mut account = format!("{mark}{:012}", random.u64(200_000_000_000..999_999_999_999));
    account.truncate(12);
    account
}

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";

fn word(random: &mut Rng, length: usize) -> String {
    (0..length).map(|_| char::from(LETTERS[random.usize(..LETTERS.len())])).collect()
}

fn uuid(random: &mut Rng) -> String {
    let (a, b) = (random.u64(..), random.u64(..));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
