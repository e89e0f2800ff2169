"""How long entries live: jitter and adaption to use, by the namespace's settings."""

import pytest

from contract import cache as pb
from expectations import duration, seconds_of

CONFIG = """
namespaces:
  spread: { ttl: 1000s, jitter: 0.5 }
  adaptive: { ttl: 1000s, adaptive_ttl: true }
"""


@pytest.fixture
def bent(start_server):
    return start_server(CONFIG)


def life(server, key):
    """What is left of an entry when it is written or touched, in seconds."""
    entry = server.cache.Get(pb.GetRequest(key=key))
    return seconds_of(entry.expires_at) - seconds_of(entry.cached_at)


def test_entries_written_together_do_not_expire_together(bent, fill):
    keys = [f"spread:{number}" for number in range(300)]
    fill(bent.cache, keys)
    lives = [life(bent, key) for key in keys]
    assert all(500 <= each <= 1000 for each in lives)
    tenths = {int((each - 500) / 50) for each in lives}
    assert len(tenths - {10}) == 10, "all parts of the range are used"


def test_jitter_shortens_what_writers_ask_for_and_says_so(bent):
    answers = [
        bent.cache.Set(pb.SetRequest(key=f"spread:{number}", ttl=duration(10)))
        for number in range(50)
    ]
    entries = [bent.cache.Get(pb.GetRequest(key=f"spread:{number}")) for number in range(50)]
    lives = [seconds_of(each.expires_at) - seconds_of(each.cached_at) for each in entries]
    assert all(5 <= each <= 10 for each in lives) and len(set(lives)) > 40
    assert [each.expires_at for each in answers] == [each.expires_at for each in entries]


def test_other_namespaces_keep_to_the_second(bent):
    bent.cache.Set(pb.SetRequest(key="plain", ttl=duration(10)))
    assert life(bent, "plain") == pytest.approx(10)


def test_what_is_used_lives_longer_and_what_is_not_less_long(bent):
    for key, reads, expected in [("a", 0, 500), ("b", 2, 1000), ("c", 4, 2000), ("d", 20, 4000)]:
        key = f"adaptive:{key}"
        bent.cache.Set(pb.SetRequest(key=key))
        for _ in range(reads):
            bent.cache.Get(pb.GetRequest(key=key))
        bent.cache.Set(pb.SetRequest(key=key))
        assert life(bent, key) == pytest.approx(expected), key
    bent.cache.Set(pb.SetRequest(key="adaptive:d", ttl=duration(10)))
    assert life(bent, "adaptive:d") == pytest.approx(10), "what a writer asks for is kept to"
