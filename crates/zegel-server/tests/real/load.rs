//! How many messages a second are created and opened. It measures and asserts no time: run it alone, with `--ignored`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::is_full;
use crate::world::{BOB, Draft, EVE, World, base64, draft, hash};

/// Does every job once, by so many clients, and prints what that took.
fn measure(
    what: &str,
    clients: usize,
    jobs: usize,
    job: impl Fn(usize, &mut crate::http::Client) + Sync,
    world: &World,
) {
    let next = AtomicUsize::new(0);
    let times = Mutex::new(Vec::with_capacity(jobs));
    let spent = world.processor_time();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                let mut client = world.client();
                let mut own = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= jobs {
                        break;
                    }
                    let began = Instant::now();
                    job(number, &mut client);
                    own.push(began.elapsed());
                }
                times.lock().unwrap().extend(own);
            });
        }
    });
    let took = began.elapsed();
    let spent = world.processor_time() - spent;
    let mut times: Vec<Duration> = times.into_inner().unwrap();
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    let rate = jobs as f64 / took.as_secs_f64();
    let each = spent / u32::try_from(jobs).unwrap();
    println!(
        "{what}, {clients} clients: {rate:.0}/s, p50 {:?}, p99 {:?}; {each:?} of a processor each",
        at(50),
        at(99)
    );
}

#[test]
#[ignore = "measures; run it alone"]
fn created_and_opened_in_a_second() {
    let world = World::new();
    let device = world.enrol(BOB);
    for (clients, jobs) in [(1, 200), (16, 2_000), (256, 4_000)] {
        let jobs = if is_full() { jobs * 5 } else { jobs };
        let drafts: Vec<Draft> = (0..jobs)
            .map(|_| {
                let mut draft = draft();
                draft.body = draft.body.repeat(3);
                draft.request["parts"][0] = serde_json::json!({
                    "size": draft.body.len(), "hash": hash(&draft.body), "inline": base64(&draft.body),
                });
                draft
            })
            .collect();
        let bodies: Vec<Vec<u8>> =
            drafts.iter().map(|draft| serde_json::to_vec(&draft.request).unwrap()).collect();
        let bearer = format!("Bearer {}", device.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let create = |number: usize, client: &mut crate::http::Client| {
            let answer = client.send("PUT", &drafts[number].path(), &headers, &bodies[number]);
            assert_eq!(answer.status, 201, "{answer:?}");
        };
        measure("created", clients, jobs, create, &world);
        let open = |number: usize, client: &mut crate::http::Client| {
            let draft = &drafts[number];
            let session = draft.session(client, EVE);
            assert_eq!(draft.open(client, &session).status, 200);
            assert_eq!(client.get("GET", "/api/v1/guest/parts/0", &session).body.len(), draft.body.len());
        };
        measure("opened", clients, jobs, open, &world);
    }
}
