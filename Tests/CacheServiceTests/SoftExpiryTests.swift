// What Get says of values that are stale; no network.

import CacheEngine
import Messages
import Testing

@testable import CacheService

@Suite struct SoftExpiryTests {
    @Test("without Redis Get and GetMulti tell stale values, also to who holds the version")
    func local() throws {
        let wire = try ServiceWire()
        for (name, softTTL, isStale) in [
            ("s", Duration.zero, true), ("f", .seconds(100_000), false),
        ] {
            let bytes = Array(name.utf8)
            let written = wire.service.clock.now() - .seconds(3_600)
            let version = bytes.withUnsafeBytes { key in
                let draft = EntryDraft(key: key, value: key, ttl: .never).stale(after: softTTL)
                return wire.service.engine.set(draft, now: written).version
            }
            #expect(try wire.get(name).stale == isStale)
            var request = GetRequest()
            request.key = wire.arena.copy(name)
            request.ifVersionNot = try #require(version)
            let same = try wire.call("Get", request, as: GetResponse.self)
            #expect(same.notModified && same.stale == isStale)
            var batch = GetMultiRequest()
            batch.keys = [wire.arena.copy(name)]
            let answer = try wire.call("GetMulti", batch, as: GetMultiResponse.self)
            #expect(answer.results.map { $0.entry?.stale } == [isStale])
        }
    }
}

extension SetOutcome {
    fileprivate var version: UInt64? {
        if case .stored(let stamp) = self { stamp.version } else { nil }
    }
}
