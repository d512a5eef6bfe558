//! The product that a notification is about, under each of its names.

use crate::ids::ProductName;
use crate::notification::Product;
use crate::parse::malformed::MalformedReason;
use crate::parse::reader::Object;

/// Names from `product.id`, `product.arn`, `product.code` and `agreement.productId`.
pub(super) fn read(detail: &Object<'_, '_>) -> Result<Product, MalformedReason> {
    let product = detail.at("product").object()?;
    let agreement = detail.at("agreement").object()?;
    let code: Option<ProductName> = product.at("code").id()?;
    let found = [
        product.at("id").id()?,
        product.at("arn").arn_tail()?,
        code.clone(),
        agreement.at("productId").id()?,
    ];
    let mut names: Vec<ProductName> = found.into_iter().flatten().collect();
    names.sort_unstable();
    names.dedup();
    Ok(Product { names, code, title: product.at("title").owned()? })
}
