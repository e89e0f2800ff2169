// What of a feed is told, and when; without a server.

import NIOCore
import Testing

@testable import RedisClient

@Suite("The news of a feed")
struct FeedNewsTests {
    private let lost = RedisError(.connectionLost, "cut")
    private let clusterDown = RedisError(.server, "CLUSTERDOWN")
    private let denied = RedisError(.accessRefused, "NOPERM")

    private func seconds(_ count: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(count) }

    @Test("a server that is not there at the start is told of by its shard, not by its feed")
    func start() {
        var news = FeedNews(refusalLimit: .seconds(10))
        for second in 0..<100 as Range<Int64> {
            #expect(news.met(lost, isServing: false, now: seconds(second)) == nil)
        }
        #expect(news.problem == lost)
        #expect(news.becameLive() == .live && news.becameLive() == nil)
    }

    @Test("a feed that does not come although its shard serves is told of once, after a while")
    func startBesideAServingShard() {
        var news = FeedNews(refusalLimit: .seconds(10))
        var told: [FeedNews.News] = []
        for second in 0..<100 as Range<Int64> {
            if let news = news.met(lost, isServing: true, now: seconds(second)) {
                #expect(second == 10)
                told.append(news)
            }
        }
        #expect(told == [.lost(lost)])
    }

    @Test("a failover is one warning; a refusal that lasts is an error")
    func failover() {
        var news = FeedNews(refusalLimit: .seconds(10))
        _ = news.becameLive()
        #expect(news.refused(clusterDown, now: seconds(0)) == .lost(clusterDown))
        #expect(news.met(lost, isServing: false, now: seconds(1)) == nil)
        #expect(news.refused(clusterDown, now: seconds(9)) == nil)
        #expect(news.becameLive() == .live)
        #expect(news.met(lost, isServing: true, now: seconds(20)) == .lost(lost))
        #expect(news.refused(clusterDown, now: seconds(29)) == nil)
        #expect(news.refused(clusterDown, now: seconds(30)) == .refused(clusterDown))
        #expect(news.refused(clusterDown, now: seconds(50)) == nil)
        #expect(news.met(lost, isServing: true, now: seconds(51)) == nil)
        #expect(news.becameLive() == .live)
    }

    @Test("what waiting does not change is an error at once")
    func denial() {
        var news = FeedNews(refusalLimit: .seconds(10))
        #expect(news.refused(denied, now: seconds(0)) == .refused(denied))
        #expect(news.refused(denied, now: seconds(1)) == nil)
        #expect(news.becameLive() == .live)
        #expect(news.refused(denied, now: seconds(2)) == .refused(denied))
    }
}
