//! A batch of deliveries in, an outcome each out
