//! `Offer Released` and `OfferSet Released`.

use crate::notification::{OfferReleased, OfferSetReleased};
use crate::parse::malformed::MalformedReason;
use crate::parse::product;
use crate::parse::reader::{Object, accounts};

/// "Amazon EventBridge events", `Offer Released`.
pub(super) fn released(detail: &Object<'_, '_>) -> Result<OfferReleased, MalformedReason> {
    let offer = detail.at("offer").object()?;
    let manufacturer = detail.at("manufacturer").object()?;
    let seller = detail.at("sellerOfRecord").object()?;
    Ok(OfferReleased {
        offer: offer.at("id").id()?,
        name: offer.at("name").owned()?,
        arn: offer.at("arn").owned()?,
        expires: offer.at("expirationDate").end()?,
        product: product::read(detail)?,
        manufacturer: manufacturer.at("accountId").id()?,
        manufacturer_name: manufacturer.at("name").owned()?,
        seller: seller.at("accountId").id()?,
        seller_name: seller.at("name").owned()?,
        buyers: accounts(&detail.at("targetedBuyerAccountIds").list()?)?,
    })
}

/// "Amazon EventBridge events", `OfferSet Released`.
pub(super) fn set_released(detail: &Object<'_, '_>) -> Result<OfferSetReleased, MalformedReason> {
    let set = detail.at("offerSet").object()?;
    let mut offers = Vec::new();
    for associated in detail.at("associatedOffers").list()?.items() {
        let associated = associated.object()?;
        let offer = associated.at("offer").object()?;
        if let Some(id) = offer.at("id").id()? {
            offers.push((id, offer.at("name").owned()?));
        }
    }
    offers.sort();
    offers.dedup();
    Ok(OfferSetReleased { offer_set: set.at("id").id()?, name: set.at("name").owned()?, offers })
}
