//! What every store must do, one function a property. Each takes a fresh, empty store and panics where the store
//! breaks the contract, as a test does. [`properties!`](crate::properties) makes tests of all of them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "the contract fails by panicking, like the tests that it is"
)]

mod publish;
mod race;
mod read;
mod rows;
mod write;

pub use publish::{marks_are_kept, unpublished_come_in_order};
pub use race::{
    eight_writers_append_without_gaps, readers_see_one_moment, shared_lock_stops_write_skew,
    stale_reader_of_a_lock_conflicts, writers_of_different_streams_both_commit,
};
pub use read::{
    counts_every_kind, due_comes_in_order, finds_keys_in_windows, finds_known_notifications,
    finds_the_first_delivery, pages_go_through_everything, pages_of_one_kind, views_add_up,
};
pub use write::{
    clearing_leaves_the_log, conflict_leaves_nothing, dropping_leaves_nothing, duplicates_conflict,
    erases_bodies, inbox_follows_outcomes, keeps_every_row, keeps_large_bodies,
    nul_in_text_is_refused_or_kept, other_streams_conflict, writes_batches_of_any_size,
};

/// Makes a test of each property: `properties!(fresh)`, where `fresh` is an async function that takes a property
/// and runs it on a fresh store.
#[macro_export]
macro_rules! properties {
    ($run:path) => {
        $crate::properties! { $run:
            keeps_every_row
            dropping_leaves_nothing
            conflict_leaves_nothing
            duplicates_conflict
            other_streams_conflict
            writes_batches_of_any_size
            inbox_follows_outcomes
            erases_bodies
            keeps_large_bodies
            nul_in_text_is_refused_or_kept
            clearing_leaves_the_log
            finds_known_notifications
            finds_the_first_delivery
            finds_keys_in_windows
            due_comes_in_order
            pages_of_one_kind
            pages_go_through_everything
            unpublished_come_in_order
            marks_are_kept
            counts_every_kind
            views_add_up
            readers_see_one_moment
            writers_of_different_streams_both_commit
            stale_reader_of_a_lock_conflicts
            shared_lock_stops_write_skew
            eight_writers_append_without_gaps
        }
    };
    ($run:path: $($property:ident)+) => {
        $(
            #[tokio::test]
            async fn $property() {
                $run(async |store: &dyn $crate::store::Store| $crate::contract::$property(store).await).await;
            }
        )+
    };
}
