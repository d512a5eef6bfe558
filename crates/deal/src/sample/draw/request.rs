//! Facts of a request.

use marketplace::digest::Digest;

use super::Gen;
use crate::facts::RequestFacts;
use crate::facts::request::{
    Attempt, End, Hope, Intended, Refusal, Report, ReportedError, SeenChangeSet, Wish, WishKind,
};
use crate::request::RequestId;

impl Gen {
    pub(super) fn request_id(&mut self) -> RequestId {
        self.parsed("req")
    }

    pub(super) fn small(&mut self) -> u32 {
        u32::try_from(self.number(3)).unwrap()
    }

    fn wish(&mut self) -> Wish {
        Wish {
            kind: if self.flag() { WishKind::Clone } else { WishKind::Create },
            opportunity: self.option(|make| make.parsed("resaleauthz")),
            name: self.option(|make| make.text("name")),
            partner: self.option(Self::account),
            product: self.option(|make| make.parsed("prod")),
            draft: self.option(|make| make.text("draft")),
            who: self.text("who"),
            why: self.text("why"),
        }
    }

    fn intended(&mut self) -> Intended {
        Intended {
            wish: self.small(),
            token: self.text("token"),
            changes: self.text("changes"),
            digest: Digest::of(self.text("changes").as_bytes()),
            draft: self.option(|make| make.parsed("resaleauthz")),
        }
    }

    pub(super) fn refusal(&mut self) -> Refusal {
        Refusal {
            doing: self.text("doing"),
            code: self.option(|make| make.text("CODE")),
            text: self.text("text"),
            hope: if self.flag() { Hope::Later } else { Hope::Never },
            times: self.small(),
        }
    }

    fn report(&mut self) -> Report {
        Report {
            end: if self.flag() { End::Failed } else { End::Succeeded },
            ended: self.option(Self::moment),
            failure_code: self.option(|make| make.text("CODE")),
            failure: self.option(|make| make.text("failure")),
            errors: vec![ReportedError {
                change: self.text("Change"),
                code: self.text("CODE"),
                text: self.text("text"),
            }],
            opportunity: self.option(|make| make.parsed("resaleauthz")),
        }
    }

    fn attempt(&mut self) -> Attempt {
        Attempt {
            intended: self.fixed(Self::intended),
            called: self.last(),
            unanswered: self.last(),
            refused: self.register(Self::refusal),
            searched: self.last(),
            change_sets: self.map(
                |make| make.parsed("set"),
                |make| SeenChangeSet {
                    known: make.first(),
                    polled: make.last(),
                    noticed: make.last(),
                    report: make.register(Self::report),
                },
            ),
            sought: self.last(),
        }
    }

    pub(super) fn request(&mut self) -> RequestFacts {
        RequestFacts {
            wishes: self.map(Self::small, |make| make.fixed(Self::wish)),
            attempts: self.map(Self::small, Self::attempt),
            draft: self.fixed(|make| make.parsed("resaleauthz")),
            candidates: self.few(|make| make.parsed("resaleauthz")),
            trouble: self.register(Self::refusal),
            acknowledged: self.acknowledged(),
            unpublishable: self.unpublishable(),
            read_back: self.last(),
        }
    }
}
