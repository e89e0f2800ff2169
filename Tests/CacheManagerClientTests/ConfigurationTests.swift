// What a client takes, and how addresses and times are written.

import Testing

@testable import CacheManagerClient

@Suite struct ServerAddressTests {
    @Test(
        "an address is a host and a port, with IPv6 in brackets",
        arguments: [
            ("127.0.0.1:6000", "127.0.0.1", 6000), ("cache.example:1", "cache.example", 1),
            ("localhost", "localhost", 50051), ("[::1]:6000", "::1", 6000), ("[::1]", "::1", 50051),
        ])
    func accepted(_ text: String, _ host: String, _ port: Int) throws {
        let address = try ServerAddress(text)
        #expect(address == ServerAddress(host: host, port: port))
        #expect(try ServerAddress(address.description) == address)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", ":6000", "host:", "host:0", "host:65536", "host:x", "::1", "::1:6000", "[::1",
            "[::1]6000", "[]:6000", "http://host:6000", "host:6000/",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: CacheError.self) { try ServerAddress(text) }
        #expect(error?.code == .invalidArgument)
    }
}

@Suite struct ConfigurationTests {
    @Test("what cannot work is refused before anything is sent")
    func refused() {
        var wrong: [CacheClient.Configuration] = [
            .init(servers: []), .init(servers: ["a", "b:x"]),
        ]
        for change: (inout CacheClient.Configuration) -> Void in [
            { $0.timeout = .zero }, { $0.connectTimeout = .seconds(-1) }, { $0.originID = "" },
            { $0.originID = "ä" }, { $0.originID = String(repeating: "a", count: 129) },
            { $0.tls = .init(certificateFile: "c.pem") }, { $0.tls = .init(keyFile: "k.pem") },
        ] {
            var configuration = CacheClient.Configuration(servers: ["a:1"])
            change(&configuration)
            wrong.append(configuration)
        }
        for configuration in wrong {
            let error = #expect(throws: CacheError.self) { try CacheClient(configuration) }
            #expect(error?.code == .invalidArgument && error?.message.isEmpty == false)
        }
    }
}

@Suite struct CacheInstantTests {
    @Test(
        "a time is RFC 3339 in UTC with as many decimals as it needs",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (-1, 0, "1969-12-31T23:59:59Z"),
            (1_785_489_484, 0, "2026-07-31T09:18:04Z"),
            (1_785_489_484, 120_000_000, "2026-07-31T09:18:04.120Z"),
            (1_785_489_484, 5_000, "2026-07-31T09:18:04.000005Z"),
            (1_785_489_484, 7, "2026-07-31T09:18:04.000000007Z"),
            (951_782_400, 0, "2000-02-29T00:00:00Z"), (4_107_542_400, 0, "2100-03-01T00:00:00Z"),
            (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
        ])
    func text(_ seconds: Int64, _ nanoseconds: Int32, _ text: String) {
        #expect(CacheInstant(seconds: seconds, nanoseconds: nanoseconds).description == text)
    }

    @Test("earlier is less")
    func order() {
        #expect(CacheInstant(seconds: 1, nanoseconds: 5) < CacheInstant(seconds: 1, nanoseconds: 6))
        #expect(CacheInstant(seconds: 1, nanoseconds: 9) < CacheInstant(seconds: 2))
    }
}
