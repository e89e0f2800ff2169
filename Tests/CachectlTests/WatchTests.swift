// What a watcher says and does, without a server or a clock.

import GRPC
import Messages
import Testing

@testable import cachectl

@Suite struct BackoffTests {
    @Test("pauses grow from the shortest to the longest and never leave that range")
    func grows() {
        var backoff = Backoff()
        var pauses: [Duration] = []
        for _ in 0..<8 { pauses.append(backoff.next(random: 0.999_999)) }
        #expect(pauses == pauses.sorted())
        #expect(pauses[0] < .milliseconds(601))
        #expect(pauses[7] > .milliseconds(9_999) && pauses[7] <= Backoff.longest)
    }

    @Test("the shortest pause is possible at any time, and comes again after a success")
    func shortest() {
        var backoff = Backoff()
        #expect(backoff.next(random: 0) == Backoff.shortest)
        for _ in 0..<8 { _ = backoff.next(random: 0.9) }
        backoff.reset()
        #expect(backoff.next(random: 0.999) < .milliseconds(601))
    }
}

@Suite struct SilenceTimerTests {
    @Test("silence is over when nothing came in time")
    func over() async {
        let timer = SilenceTimer(first: .milliseconds(1), limit: .seconds(3_600))
        #expect(await timer.wait())
        #expect(timer.isOver)
    }

    @Test("what comes in time moves the end")
    func heard() async {
        let timer = SilenceTimer(first: .zero, limit: .seconds(3_600))
        #expect(timer.isOver)
        timer.heard()
        #expect(!timer.isOver)
        let waiting = Task { await timer.wait() }
        waiting.cancel()
        #expect(await waiting.value == false)
    }
}

@Suite struct WatcherStateMachineTests {
    private static let lost = CommandFailure(
        exit: .unreachable, code: "UNAVAILABLE", message: "the connection was lost")
    private static let badToken = CommandFailure(
        exit: .refused, code: "INVALID_ARGUMENT", message: "resume_token: malformed")

    private func live(since token: [UInt8] = []) -> Watcher.StateMachine {
        var machine = Watcher.StateMachine(since: token)
        _ = machine.received(WatchMessage(resumeToken: [1], .subscribed(resumed: false)))
        return machine
    }

    @Test("the first subscription says that it watches")
    func first() {
        var machine = Watcher.StateMachine(since: [])
        #expect(
            machine.received(WatchMessage(resumeToken: [1], .subscribed(resumed: false)))
                == .watching)
        #expect(machine.token == [1])
    }

    @Test("a server that cannot be reached at first ends it")
    func neverLive() {
        var machine = Watcher.StateMachine(since: [])
        #expect(machine.ended(Self.lost, random: 0) == .giveUp(Self.lost))
    }

    @Test("after a loss it says so once, tries again, and says that nothing was lost")
    func resumed() {
        var machine = live()
        _ = machine.received(WatchMessage(resumeToken: [2], .events([])))
        #expect(
            machine.ended(Self.lost, random: 0)
                == .retry(after: Backoff.shortest, saying: .lost("the connection was lost")))
        #expect(
            machine.ended(Self.lost, random: 0) == .retry(after: Backoff.shortest, saying: nil))
        #expect(machine.token == [2])
        #expect(
            machine.received(WatchMessage(resumeToken: [2], .subscribed(resumed: true))) == .resumed
        )
    }

    @Test("when it cannot be resumed, it waits for the reset and says why")
    func reset() {
        var machine = live()
        _ = machine.ended(Self.lost, random: 0)
        #expect(
            machine.received(WatchMessage(resumeToken: [9], .subscribed(resumed: false))) == nil)
        #expect(
            machine.received(WatchMessage(resumeToken: [9], .reset(.epochChanged)))
                == .reset(.epochChanged))
        #expect(WatchRemark.reset(.epochChanged).sentence.contains("restarted"))
    }

    @Test("a server that drains is left, without another word about the loss")
    func draining() {
        var machine = live()
        #expect(machine.received(WatchMessage(resumeToken: [3], .draining)) == .draining)
        #expect(
            machine.ended(Self.lost, random: 0) == .retry(after: Backoff.shortest, saying: nil))
    }

    @Test("what another attempt cannot mend ends it, and so does a closed output")
    func finalFailures() {
        var machine = live()
        #expect(machine.ended(Self.badToken, random: 0) == .giveUp(Self.badToken))
        #expect(machine.ended(.outputClosed, random: 0) == .giveUp(.outputClosed))
    }

    @Test("pauses grow while nothing comes and are short again after a subscription")
    func pauses() {
        var machine = live()
        var pauses: [Duration] = []
        for _ in 0..<6 {
            guard case .retry(let pause, _) = machine.ended(Self.lost, random: 0.99) else {
                continue
            }
            pauses.append(pause)
        }
        #expect(pauses.count == 6 && pauses == pauses.sorted() && pauses[5] > .seconds(9))
        _ = machine.received(WatchMessage(resumeToken: [2], .subscribed(resumed: true)))
        #expect(
            machine.ended(Self.lost, random: 0)
                == .retry(after: Backoff.shortest, saying: .lost("the connection was lost")))
    }
}

@Suite struct WatchAnswerTests {
    private let now = Moment(ProtoTimestamp(seconds: 1_785_489_484, nanos: 123_000_000))

    private func lines(_ content: WatchMessage.Content) -> [WatchAnswer] {
        WatchAnswer.all(of: WatchMessage(resumeToken: [0, 1, 2], content), now: now)
    }

    @Test("an event is one line: time, kind, target, version, origin and cause")
    func text() {
        let events = [
            WatchEvent(target: .key("user:1"), kind: "set", version: 5, originID: "web-1"),
            WatchEvent(target: .pattern("user:*"), kind: "invalidate", version: 6, cause: "a b"),
            WatchEvent(target: .everything, kind: "invalidate", version: 7),
        ]
        #expect(
            lines(.events(events)).map(\.text) == [
                "2026-07-31T09:18:04.123Z set        key=user:1 version=5 origin=web-1",
                "2026-07-31T09:18:04.123Z invalidate pattern=user:* version=6 cause=\"a b\"",
                "2026-07-31T09:18:04.123Z invalidate everything version=7",
            ])
    }

    @Test("only the last event of a message carries its token")
    func token() {
        let event = WatchEvent(target: .tag("red"), kind: "invalidate", version: 5)
        let answers = lines(.events([event, event]))
        #expect(answers.map(\.resumeToken) == [nil, "AAEC"])
        let expected = #"""
            {"kind":"invalidate","resumeToken":"AAEC","tag":"red",\#
            "time":"2026-07-31T09:18:04.123Z","type":"event","version":5}
            """#
        #expect(JSONLine.text(answers[1]) == expected)
    }

    @Test("the stream's other messages are objects with a type, and no events")
    func states() {
        let contents: [(WatchMessage.Content, String)] = [
            (.subscribed(resumed: true), #""type":"subscribed""#),
            (.progress, #""type":"progress""#),
            (.reset(.slowConsumer), #""reason":"slow_consumer""#),
            (.draining, #""type":"draining""#),
        ]
        for (content, part) in contents {
            let answers = lines(content)
            #expect(answers.count == 1 && !answers[0].isEvent)
            #expect(answers.first.map { JSONLine.text($0).contains(part) } == true)
        }
        #expect(lines(.unknown).isEmpty)
    }
}
