// What `watch` says and prints, without a server or a clock.

import Console
import Testing

@testable import CacheManagerClient
@testable import cachectl

@Suite struct WatchNarratorTests {
    private static let gone = CacheError(.unavailable, "the connection was lost")

    private func event(_ content: Invalidations.Event.Content) -> Invalidations.Event {
        Invalidations.Event(content: content, position: nil)
    }

    @Test("the first subscription says that it watches, and the later ones only what they resumed")
    func live() {
        var narrator = WatchNarrator(isContinuing: false)
        #expect(narrator.remark(event(.state(.live(resumed: false)))) == .watching)
        #expect(narrator.remark(event(.state(.lost(Self.gone)))) == .lost(Self.gone.message))
        #expect(narrator.remark(event(.state(.live(resumed: true)))) == .resumed)
    }

    @Test("where it cannot go on, the reset says why and nothing else is said")
    func reset() {
        var narrator = WatchNarrator(isContinuing: true)
        #expect(narrator.remark(event(.reset(.epochChanged))) == .reset(.epochChanged))
        #expect(narrator.remark(event(.state(.live(resumed: false)))) == nil)
        #expect(WatchRemark.reset(.epochChanged).sentence.contains("restarted"))
    }

    @Test("a server that cannot be reached at first ends it; later it is only a remark")
    func failure() {
        var narrator = WatchNarrator(isContinuing: false)
        #expect(narrator.failure(event(.state(.lost(Self.gone)))) == Self.gone)
        _ = narrator.remark(event(.state(.live(resumed: false))))
        #expect(narrator.failure(event(.state(.lost(Self.gone)))) == nil)
    }
}

@Suite struct WatchAnswerTests {
    private let now = CacheInstant(seconds: 1_785_489_484, nanoseconds: 123_000_000)

    private func answer(
        _ content: Invalidations.Event.Content, at position: [UInt8]? = [0, 1, 2]
    ) -> WatchAnswer? {
        WatchAnswer(
            Invalidations.Event(
                content: content, position: position.map(Invalidations.Position.init)),
            now: now)
    }

    private func change(
        _ target: Invalidations.Change.Target, _ kind: Invalidations.Change.Kind = .invalidate,
        version: UInt64 = 6, origin: String? = nil, cause: String? = nil
    ) -> Invalidations.Event.Content {
        .change(
            .init(target: target, kind: kind, version: version, originID: origin, cause: cause))
    }

    @Test("an event is one line: time, kind, target, version, origin and cause")
    func text() {
        let events = [
            change(.key("user:1"), .set, version: 5, origin: "web-1"),
            change(.pattern("user:*"), cause: "a b"), change(.everything, version: 7),
        ]
        #expect(
            events.map { answer($0)?.text } == [
                "2026-07-31T09:18:04.123Z set        key=user:1 version=5 origin=web-1",
                "2026-07-31T09:18:04.123Z invalidate pattern=user:* version=6 cause=\"a b\"",
                "2026-07-31T09:18:04.123Z invalidate everything version=7",
            ])
    }

    @Test("an event carries its position as a token, where it has one")
    func token() {
        #expect(answer(change(.tag("red")), at: nil)?.resumeToken == nil)
        let expected = #"""
            {"kind":"invalidate","resumeToken":"AAEC","tag":"red",\#
            "time":"2026-07-31T09:18:04.123Z","type":"event","version":6}
            """#
        #expect(answer(change(.tag("red"))).map(JSONLine.text) == expected)
    }

    @Test("the stream's other messages are objects with a type, and no events")
    func states() {
        let contents: [(Invalidations.Event.Content, String)] = [
            (.state(.live(resumed: true)), #""type":"subscribed""#),
            (.state(.idle), #""type":"progress""#),
            (.reset(.slowConsumer), #""reason":"slow_consumer""#),
            (.state(.draining), #""type":"draining""#),
        ]
        for (content, part) in contents {
            let answer = answer(content)
            #expect(answer?.isEvent == false)
            #expect(answer.map { JSONLine.text($0).contains(part) } == true)
        }
        #expect(answer(.state(.lost(CacheError(.unavailable, "x")))) == nil)
    }
}

@Suite struct MomentTests {
    @Test("a time in a column always has milliseconds")
    func milliseconds() {
        let seconds: Int64 = 1_785_489_484
        let texts: [(Int32, String)] = [(0, ".000"), (7_999_999, ".007"), (120_000_000, ".120")]
        for (nanoseconds, text) in texts {
            let instant = CacheInstant(seconds: seconds, nanoseconds: nanoseconds)
            #expect(instant.millisecondsText == "2026-07-31T09:18:04\(text)Z")
        }
    }
}
