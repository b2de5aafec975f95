//! criterion: how fast a stream becomes owned elements, beside quick-xml.

use benches::{contenders, shapes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn element(c: &mut Criterion) {
    let stream = shapes::mix(1_000_000);
    let xml = stream.xml.as_bytes();
    let mut group = c.benchmark_group("element/mix");
    group.throughput(Throughput::Bytes(xml.len() as u64));
    group.bench_function("ours", |b| b.iter(|| contenders::ours::owned(xml)));
    group.bench_function("ours, lent", |b| b.iter(|| contenders::ours::lent(xml)));
    group.bench_function("quick-xml", |b| {
        b.iter(|| contenders::quick_xml::events(xml));
    });
    group.finish();
}

criterion_group!(benches, element);
criterion_main!(benches);
