// Tests when an entry that is there is loaded anew.

import Testing

@testable import CacheEngine

@Suite struct RefreshRulesTests {
    private let start = Timestamp(nanoseconds: 1_000_000_000)

    private func isDue(
        _ rules: RefreshRules, after seconds: Double, soft: Double? = nil, hard: Double? = 100
    ) -> Bool {
        rules.isDue(
            createdAt: start, softExpiresAt: soft.map { start + .seconds($0) } ?? .never,
            expiresAt: hard.map { start + .seconds($0) } ?? .never, now: start + .seconds(seconds))
    }

    @Test("What is stale is due, and nothing else where nothing is refreshed ahead")
    func stale() {
        let rules = RefreshRules()
        #expect(!isDue(rules, after: 9.9, soft: 10))
        #expect(isDue(rules, after: 10, soft: 10) && isDue(rules, after: 99, soft: 10))
        #expect(!isDue(rules, after: 99.9) && !isDue(rules, after: 9e6, hard: nil))
    }

    @Test("Ahead of its end an entry is due from a part of its life on")
    func ahead() {
        let rules = RefreshRules(aheadFrom: 0.75)
        #expect(!isDue(rules, after: 74.9) && isDue(rules, after: 75))
        #expect(!isDue(rules, after: 7.4, soft: 10) && isDue(rules, after: 7.5, soft: 10))
        #expect(isDue(rules, after: 75, soft: 1_000), "it expires before it is stale")
        #expect(!isDue(rules, after: 9e6, hard: nil))
    }

    @Test("Parts beyond the whole, and lives of no length, do no harm")
    func extremes() {
        #expect(isDue(RefreshRules(aheadFrom: -1), after: 0))
        #expect(!isDue(RefreshRules(aheadFrom: 2), after: 99))
        #expect(isDue(RefreshRules(aheadFrom: 2), after: 100))
        #expect(!isDue(RefreshRules(aheadFrom: 0), after: -5))
        let born = RefreshRules(aheadFrom: 0).isDue(
            createdAt: start, softExpiresAt: .never, expiresAt: start, now: start - .seconds(1))
        #expect(!born)
    }

    @Test("A key is left alone for as long as it was said, others are not")
    func pauses() {
        var pauses = RefreshPauses()
        #expect(!pauses.holds(1, now: start))
        pauses.add(1, until: start + .seconds(1))
        #expect(pauses.holds(1, now: start) && !pauses.holds(2, now: start))
        #expect(!pauses.holds(1, now: start + .seconds(1)))
        pauses.add(2, until: start + .seconds(1))
        #expect(!pauses.holds(1, now: start) && pauses.holds(2, now: start))
    }
}
