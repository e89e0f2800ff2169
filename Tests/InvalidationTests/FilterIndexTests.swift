// The index that keeps a key from being tried with every filter.

import Testing

@testable import Invalidation

@Suite("The index of filters")
struct FilterIndexTests {
    private func group(_ patterns: String...) throws -> FilterGroup<TestSink> {
        FilterGroup(filter: WatcherFilter(patterns: try patterns.map { try Glob($0) }))
    }

    private func candidates(
        _ index: FilterIndex<TestSink>, _ key: String
    ) -> Set<ObjectIdentifier> {
        var found: Set<ObjectIdentifier> = []
        Array(key.utf8).withUnsafeBytes { key in
            index.forEachCandidate(for: key) { found.insert(ObjectIdentifier($0)) }
        }
        return found
    }

    @Test("finds the groups whose prefix a key begins with, and no others")
    func candidates() throws {
        let long = String(repeating: "x", count: 200)
        let (one, two, any, mixed, far) = (
            try group("user:1*"), try group("user:*", "order:7"), try group("*:1"),
            try group(), try group(long + "*")
        )
        var index = FilterIndex<TestSink>()
        for group in [one, two, any, mixed, far] { index.insert(group) }
        func ids(_ groups: FilterGroup<TestSink>...) -> Set<ObjectIdentifier> {
            Set(groups.map(ObjectIdentifier.init))
        }
        #expect(candidates(index, "user:12") == ids(one, two, any, mixed))
        #expect(candidates(index, "user:2") == ids(two, any, mixed))
        #expect(candidates(index, "order:7") == ids(two, any, mixed))
        #expect(candidates(index, "u") == ids(any, mixed))
        #expect(candidates(index, long) == ids(any, mixed, far))
        for group in [two, any, mixed] { index.remove(group) }
        #expect(candidates(index, "user:12") == ids(one))
        #expect(candidates(index, "order:7") == [])
        index.remove(one)
        index.remove(far)
        #expect(candidates(index, "user:12") == [])
    }

    @Test("treats filters alike that mean the same")
    func normalForm() throws {
        let (a, b, all) = (try Glob("a*"), try Glob("b*"), try Glob("*"))
        #expect(WatcherFilter(patterns: [a, b, a]) == WatcherFilter(patterns: [b, a]))
        #expect(WatcherFilter(patterns: [a, all]) == WatcherFilter())
        #expect(WatcherFilter(patterns: [a]) != WatcherFilter(patterns: [b]))
        #expect(WatcherFilter(skippedWriter: [1]) != WatcherFilter())
    }
}
