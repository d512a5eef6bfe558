//! Opportunities against the truth.

use serde_json::Value;

use crate::expect::Expected;
use crate::fault::{Fault, Promise};

use super::compare::{Comparison, text};
use super::paired;

pub(super) fn judge(faults: &mut Vec<Fault>, expected: &Expected, items: &[Value]) {
    for (view, item) in paired(faults, "opportunity", &expected.opportunities, items) {
        let subject = format!("opportunity/{}", text(item, "id").unwrap_or_default());
        let mut compare = Comparison::new(faults, Promise::Wrong, subject, item);
        if view.deal_type.is_some() {
            compare.text("type", view.deal_type);
        }
        compare.text("status", Some(view.status));
        compare.text("partner", view.partner.as_deref());
        compare.list("buyers", &view.buyers);
        compare.list("products", &view.products);
        compare.text("end_date", view.last_day.as_deref());
        compare.number("quantity", view.quantity);
        compare.time("created_at", view.created);
        compare.time("restricted_at", view.restricted);
    }
}
