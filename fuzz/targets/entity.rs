#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| resold_fuzz::entity::check(data));
