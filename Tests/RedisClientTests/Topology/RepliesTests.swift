// Holds the reading of redirections, of Sentinels and of INFO.

import NIOCore
import Testing

@testable import RedisClient

@Suite("Replies about servers")
struct RepliesTests {
    private static let asked = RedisAddress.tcp(host: "10.0.0.9", port: 7000)

    @Test("reads MOVED and ASK")
    func redirections() throws {
        let moved = Redirection(
            RESPError(code: "MOVED", message: "3999 127.0.0.1:6381"), asked: Self.asked)
        #expect(moved?.slot == 3_999)
        #expect(moved?.address == .tcp(host: "127.0.0.1", port: 6_381))
        #expect(moved?.isAsk == false)
        let ask = Redirection(
            RESPError(code: "ASK", message: "1 ::1:6381"), asked: Self.asked)
        #expect(ask?.address == .tcp(host: "::1", port: 6_381))
        #expect(ask?.isAsk == true)
        for host in ["", "?"] {
            let same = Redirection(
                RESPError(code: "MOVED", message: "1 \(host):5"), asked: Self.asked)
            #expect(same?.address == .tcp(host: "10.0.0.9", port: 5))
        }
    }

    @Test(
        "reads no redirection from anything else",
        arguments: [
            ("MOVED", ""), ("MOVED", "1"), ("MOVED", "16384 h:1"), ("MOVED", "-1 h:1"),
            ("MOVED", "1 h"), ("MOVED", "1 h:x"), ("MOVED", "1 h:0"), ("MOVED", "1 h:65536"),
            ("ERR", "1 h:1"), ("ASK", "1 h:1 2"),
        ])
    func noRedirection(_ code: String, _ message: String) {
        #expect(Redirection(RESPError(code: code, message: message), asked: Self.asked) == nil)
    }

    @Test("reads what Sentinels answer, as maps and as arrays")
    func sentinels() {
        let fields: [RESPValue] = [
            .text("ip"), .text("10.1.1.1"), .text("port"), .text("26380"),
            .text("flags"), .text("slave"), .text("master-link-status"), .text("ok"),
        ]
        let expected = [RedisAddress.tcp(host: "10.1.1.1", port: 26_380)]
        for entry in [RESPValue.map(fields), .array(fields)] {
            #expect(SentinelReplies.sentinels(.array([entry]), asked: Self.asked) == expected)
            #expect(SentinelReplies.replicas(.array([entry]), asked: Self.asked) == expected)
        }
        var ill = fields
        ill[5] = .text("slave,s_down")
        #expect(SentinelReplies.replicas(.array([.map(ill)]), asked: Self.asked).isEmpty)
        var apart = fields
        apart[7] = .text("err")
        #expect(SentinelReplies.replicas(.array([.map(apart)]), asked: Self.asked).isEmpty)
        let master = RESPValue.array([.text("10.1.1.1"), .text("26380")])
        #expect(SentinelReplies.master(master, asked: Self.asked) == expected[0])
        #expect(SentinelReplies.master(.null, asked: Self.asked) == nil)
        let message = "mymaster 10.0.0.1 6379 10.1.1.1 26380"
        #expect(SentinelReplies.newMaster(message, of: "mymaster") == expected[0])
        #expect(SentinelReplies.newMaster(message, of: "other") == nil)
        #expect(SentinelReplies.newMaster("mymaster 1 2", of: "mymaster") == nil)
    }

    @Test("reads INFO, with the replicas that are online")
    func info() {
        let info = RedisServerInfo(
            """
            # Server\r
            redis_version:7.0.15\r
            mem_fragmentation_ratio:1.25\r
            maxmemory_policy:noeviction\r
            uptime_in_seconds:12\r
            role:master\r
            connected_slaves:3\r
            slave0:ip=10.0.0.1,port=6380,state=online,offset=1,lag=0\r
            slave1:ip=10.0.0.2,port=6380,state=wait_bgsave,offset=1,lag=0\r
            slave2:ip=::1,port=6381,state=online,offset=1,lag=0\r
            """)
        #expect(info.version == "7.0.15")
        #expect(info.fragmentationRatio == 1.25)
        #expect(info.maxMemoryPolicy == "noeviction")
        #expect(info.uptimeSeconds == 12)
        #expect(info.role == "master")
        #expect(info.usedMemoryBytes == nil)
        #expect(
            info.replicas == [.tcp(host: "10.0.0.1", port: 6_380), .tcp(host: "::1", port: 6_381)])
    }
}
