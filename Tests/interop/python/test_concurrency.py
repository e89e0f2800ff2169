"""Many callers at once: answers go to whom they belong, and conditions hold under contention."""

from concurrent.futures import ThreadPoolExecutor

from contract import cache as pb

THREADS = 8


def test_parallel_calls_on_one_channel_get_their_own_answers(server):
    calls = []
    for number in range(2000):
        request = pb.SetRequest(key=f"k{number}", value=str(number).encode() * 10)
        calls.append(server.cache.Set.future(request, timeout=60))
    assert all(call.result().stored for call in calls)
    reads = [
        server.cache.Get.future(pb.GetRequest(key=f"k{number}"), timeout=60)
        for number in range(2000)
    ]
    for number, read in enumerate(reads):
        assert read.result().value == str(number).encode() * 10
    totals = server.stats().totals
    assert (totals.sets, totals.hits, totals.misses) == (2000, 2000, 0)


def test_large_and_small_values_share_a_connection(server):
    large = bytes(range(256)) * 4000
    server.cache.Set(pb.SetRequest(key="large", value=large))
    server.cache.Set(pb.SetRequest(key="small", value=b"s"))
    keys = ["large", "small"] * 40
    reads = [server.cache.Get.future(pb.GetRequest(key=key), timeout=60) for key in keys]
    for key, read in zip(keys, reads, strict=True):
        assert read.result().value == (large if key == "large" else b"s")


def test_compare_and_set_loses_no_increment(server):
    increments = 50
    server.cache.Set(pb.SetRequest(key="counter", value=b"0"))

    def count(cache):
        retries = 0
        for _ in range(increments):
            while True:
                entry = cache.Get(pb.GetRequest(key="counter"), timeout=60)
                value = str(int(entry.value) + 1).encode()
                request = pb.SetRequest(key="counter", value=value, if_version=entry.version)
                answer = cache.Set(request, timeout=60)
                if answer.stored:
                    break
                assert answer.reason == pb.NOT_STORED_REASON_VERSION_MISMATCH
                assert answer.current_version > entry.version
                retries += 1
        return retries

    clients = [server.new_client() for _ in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        retries = sum(pool.map(count, clients))
    total = int(server.cache.Get(pb.GetRequest(key="counter")).value)
    assert total == THREADS * increments
    assert retries > 0, "the writers never met, so the test has shown nothing"


def test_if_absent_has_one_winner(server):
    def claim(cache_and_name):
        cache, name = cache_and_name
        request = pb.SetRequest(key="leader", value=name, if_absent=True)
        return cache.Set(request, timeout=60).stored

    claims = [(server.new_client(), bytes([number])) for number in range(THREADS)]
    for _ in range(50):
        with ThreadPoolExecutor(THREADS) as pool:
            won = list(pool.map(claim, claims))
        assert won.count(True) == 1
        winner = server.cache.Get(pb.GetRequest(key="leader")).value
        assert winner == bytes([won.index(True)])
        assert server.cache.Delete(pb.DeleteRequest(key="leader")).deleted


def test_every_removal_is_counted_once(server, fill):
    keys = [f"k{number}" for number in range(500)]
    fill(server.cache, keys)

    def remove(cache):
        answer = cache.DeleteMulti(pb.DeleteMultiRequest(keys=keys), timeout=60)
        return sum(result.outcome.deleted for result in answer.results)

    clients = [server.new_client() for _ in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        removed = sum(pool.map(remove, clients))
    assert removed == 500
    totals = server.stats().totals
    assert (totals.deletes, totals.l1_size, totals.l1_bytes) == (500, 0, 0)
