//! Facts of a license as AWS's Entitlement API tells them.

use std::collections::BTreeSet;

use super::Gen;
use crate::facts::reading::{Change, Quantity, QuantityValue, Reading, Unanswered};

impl Gen {
    fn quantity(&mut self) -> Quantity {
        let value = match self.number(5) % 5 {
            0 => QuantityValue::Double("0.5".to_owned()),
            1 => QuantityValue::Boolean(true),
            2 => QuantityValue::Text(self.text("text")),
            3 => QuantityValue::Unknown,
            _ => QuantityValue::Integer(i64::try_from(self.number(300)).unwrap()),
        };
        Quantity { dimension: self.text("dimension"), value, expires: self.option(Self::moment) }
    }

    fn quantities(&mut self) -> BTreeSet<Quantity> {
        let count = self.number(3).min(3);
        (0..count).map(|_| self.quantity()).collect()
    }

    pub(super) fn reading(&mut self) -> Reading {
        Reading {
            quantities: self.register(Self::quantities),
            read_for: self.last(),
            tried_for: self.last(),
            answered: self.last(),
            unanswered: self
                .register(|make| Unanswered { refusal: make.refusal(), since: make.moment() }),
            unannounced: self
                .register(|make| Change { before: make.quantities(), after: make.quantities() }),
        }
    }
}
