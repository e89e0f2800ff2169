"""Keys page by page, and Invalidate by keys, pattern, tag and everything."""

import pytest

from contract import cache as pb
from expectations import wait_until

GLOBS = [
    # (pattern, the keys that match, the keys that do not); `/` is nothing special
    ("user:*", ["user:", "user:1", "user:1/2"], ["user", "users:1", "xuser:1"]),
    ("*", ["a", "user:1", "日本"], []),
    ("*:*:x", ["a:b:x", "a:b:c:x", "::x"], ["a:x", "a:b:y"]),
    ("a?c", ["abc", "a:c", "aéc", "a🚗c"], ["ac", "abbc"]),
    ("??", ["日本", "ab"], ["a", "日", "abc"]),
    ("[a-c]x", ["ax", "bx", "cx"], ["dx", "Ax", "x", "-x"]),
    ("[^a-c]x", ["dx", "-x", "éx"], ["ax", "cx", "x"]),
    ("[abz-]1", ["a1", "z1", "-1"], ["c1"]),
    ("[à-ü]x", ["éx", "öx"], ["ex", "zx"]),
    (r"a\*b", ["a*b"], ["aXb", "ab", r"a\*b"]),
    (r"\[x]", ["[x]"], ["x", r"\[x]"]),
    (r"[\]a]", ["]", "a"], ["b", "\\"]),
    (r"end\\", ["end\\"], ["end"]),
    ("exact", ["exact"], ["exactly", "Exact", "exac"]),
    ("a*b*c*d*e", ["abcde", "aXbXcXdXe"], ["abcd", "edcba"]),
]


def all_keys(cache, pattern="", page_size=0):
    """The keys of every page, and how many pages there were."""
    keys, token, pages = [], "", 0
    while True:
        request = pb.KeysRequest(pattern=pattern, page_size=page_size, page_token=token)
        answer = cache.Keys(request, timeout=30)
        assert len(answer.keys) <= (page_size or 1000)
        keys += answer.keys
        pages += 1
        token = answer.next_page_token
        if not token:
            return keys, pages
        assert pages < 20_000, "a walk ends"


@pytest.mark.parametrize("pattern, matching, others", GLOBS, ids=[glob[0] for glob in GLOBS])
def test_a_glob_lists_what_it_matches(cache, fill, pattern, matching, others):
    cache.Invalidate(pb.InvalidateRequest(everything=True))
    fill(cache, matching + others)
    assert sorted(all_keys(cache, pattern)[0]) == sorted(matching)


@pytest.mark.parametrize("pattern, matching, others", GLOBS, ids=[glob[0] for glob in GLOBS])
def test_a_glob_invalidates_what_it_matches(cache, fill, pattern, matching, others):
    cache.Invalidate(pb.InvalidateRequest(everything=True))
    fill(cache, matching + others)
    answer = cache.Invalidate(pb.InvalidateRequest(pattern=pattern))
    assert answer.invalidated == len(matching) and answer.success
    assert sorted(all_keys(cache)[0]) == sorted(others)


def test_a_hostile_glob_is_answered_quickly(cache, prefix, fill):
    fill(cache, [prefix + "a" * 900])
    pattern = prefix + "*a" * 400 + "b"
    assert cache.Keys(pb.KeysRequest(pattern=pattern), timeout=10).keys == []


@pytest.mark.parametrize("page_size", [1, 7, 100, 10_000])
def test_every_key_is_on_exactly_one_page(cache, prefix, fill, page_size):
    count = 40 if page_size == 1 else 2500
    expected = [f"{prefix}{number}" for number in range(count)]
    fill(cache, expected + [f"not-{prefix}{number}" for number in range(100)])
    keys, pages = all_keys(cache, prefix + "*", page_size)
    assert sorted(keys) == sorted(expected)
    assert pages >= count / page_size


def test_an_empty_pattern_lists_everything_a_thousand_a_page(cache, fill):
    cache.Invalidate(pb.InvalidateRequest(everything=True))
    expected = [f"{space}:{number}" for space in "abc" for number in range(500)]
    fill(cache, expected)
    keys, pages = all_keys(cache)
    assert sorted(keys) == sorted(expected) and pages >= 2


def test_a_walk_lists_once_what_stays_while_others_come_and_go(cache, prefix, fill):
    staying = [f"{prefix}stays-{number}" for number in range(400)]
    leaving = [f"{prefix}leaves-{number}" for number in range(400)]
    fill(cache, [key for pair in zip(staying, leaving, strict=True) for key in pair])
    seen, token, turn = [], "", 0
    while True:
        request = pb.KeysRequest(pattern=prefix + "*", page_size=50, page_token=token)
        answer = cache.Keys(request)
        seen += answer.keys
        token = answer.next_page_token
        if not token:
            break
        cache.DeleteMulti(pb.DeleteMultiRequest(keys=leaving[turn * 20 : turn * 20 + 20] or ["x"]))
        fill(cache, [f"{prefix}comes-{turn}-{number}" for number in range(50)])
        cache.Set(pb.SetRequest(key=staying[turn % 400], value=b"new"))
        turn += 1
        assert turn < 200, "a walk ends even while keys keep coming"
    stayed = [key for key in seen if "/stays-" in key]
    assert sorted(stayed) == sorted(staying)


def test_an_expired_key_is_not_listed(server):
    server.cache.Set(pb.SetRequest(key="stays"))
    request = pb.SetRequest(key="goes")
    request.ttl.nanos = 1_000_000
    server.cache.Set(request)
    exists = pb.ExistsRequest(key="goes")
    wait_until(lambda: not server.cache.Exists(exists).exists, "the key expired")
    assert all_keys(server.cache)[0] == ["stays"]


def test_invalidate_keys_counts_what_was_there(cache, prefix, fill):
    fill(cache, [prefix + "a", prefix + "b", prefix + "c"])
    asked = pb.KeyList(keys=[prefix + "a", prefix + "absent", prefix + "b", prefix + "a"])
    answer = cache.Invalidate(pb.InvalidateRequest(keys=asked, reason="test"))
    assert answer.invalidated == 2 and answer.success and answer.revision_token
    assert all_keys(cache, prefix + "*")[0] == [prefix + "c"]


def test_invalidate_by_tag_removes_what_carries_it_now(cache, prefix):
    def tagged(name, *tags):
        cache.Set(pb.SetRequest(key=prefix + name, value=b"v", tags=tags))

    tagged("both", prefix + "red", prefix + "blue")
    tagged("red", prefix + "red")
    tagged("blue", prefix + "blue")
    tagged("longer", prefix + "redder")
    tagged("was-red", prefix + "red")
    tagged("was-red")
    answer = cache.Invalidate(pb.InvalidateRequest(tag=prefix + "red"))
    assert answer.invalidated == 2 and answer.success
    left = sorted(all_keys(cache, prefix + "*")[0])
    assert left == [prefix + name for name in ["blue", "longer", "was-red"]]
    assert cache.Invalidate(pb.InvalidateRequest(tag=prefix + "none")).invalidated == 0


def test_invalidate_everything_leaves_nothing_in_any_namespace(start_server, fill):
    server = start_server("namespaces:\n  session: { ttl: 10m, eviction: none }\n")
    fill(server.cache, [f"{space}:{n}" for space in ["session", "other"] for n in range(600)])
    answer = server.cache.Invalidate(pb.InvalidateRequest(everything=True))
    assert answer.invalidated == 1200 and answer.success and answer.revision_token
    assert all_keys(server.cache) == ([], 1)
    totals = server.stats().totals
    assert totals.l1_size == 0 and totals.invalidations == 1200


def test_a_value_written_after_an_invalidation_stays(cache, prefix, fill):
    fill(cache, [prefix + "k"])
    cache.Invalidate(pb.InvalidateRequest(pattern=prefix + "*"))
    fill(cache, [prefix + "k"])
    assert cache.Get(pb.GetRequest(key=prefix + "k")).hit
