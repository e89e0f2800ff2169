// How arguments are written: durations, servers, TLS.

import ArgumentParser
import CacheManagerClient
import Testing

@testable import Console

@Suite struct DurationArgumentTests {
    @Test(
        "a duration is a number and a unit, several of them, or plain seconds",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("2h", .seconds(7_200)), ("1d", .seconds(86_400)), ("1h30m", .seconds(5_400)),
            ("45", .seconds(45)), ("0s", .zero),
        ])
    func accepted(_ text: String, _ expected: Duration) throws {
        #expect(try DurationArgument.parse(text).duration == expected)
    }

    @Test(
        "what is no duration is refused",
        arguments: ["", "m", "5x", "5 m", "-5m", "1.5h", "5m3", "99999999999999999d", "٥m"])
    func refused(_ text: String) {
        #expect(throws: ValidationError.self) { try DurationArgument.parse(text) }
    }
}

@Suite struct ServerListTests {
    @Test("servers are divided by commas, and print as they are written")
    func accepted() throws {
        let list = try ServerList.parse("a:1,[::1]:2,c")
        #expect(list.description == "a:1,[::1]:2,c:50051")
        #expect(list.addresses.count == 3)
    }

    @Test("what holds anything but addresses is refused", arguments: ["", "a:1,", ",a", "a:1;b:2"])
    func refused(_ text: String) {
        #expect(throws: ValidationError.self) { try ServerList.parse(text) }
    }
}

@Suite struct ConnectionOptionsTests {
    private func configuration(_ arguments: String...) throws -> CacheClient.Configuration {
        try ConnectionOptions.parse(arguments).configuration(for: "cachectl")
    }

    @Test("servers and timeout become the client's configuration, in the clear by default")
    func plain() throws {
        let configuration = try configuration("--server", "a:1,b:2", "--timeout", "250ms")
        #expect(configuration.servers == ["a:1", "b:2"])
        #expect(configuration.timeout == .milliseconds(250))
        #expect(configuration.connectTimeout == .milliseconds(250))
        #expect(configuration.tls == nil)
    }

    @Test("each option of TLS means TLS")
    func tls() throws {
        #expect(try configuration("--tls").tls == .init())
        #expect(try configuration("--tls-ca", "ca.pem").tls == .init(caFile: "ca.pem"))
        #expect(try configuration("--tls-server-name", "n").tls == .init(serverName: "n"))
        let both = try configuration("--tls-certificate", "c.pem", "--tls-key", "k.pem").tls
        #expect(both == .init(certificateFile: "c.pem", keyFile: "k.pem"))
    }

    @Test("a certificate without its key is refused, and so is no time at all")
    func refused() {
        #expect(throws: (any Error).self) { try configuration("--tls-certificate", "c.pem") }
        #expect(throws: (any Error).self) { try configuration("--tls-key", "k.pem") }
        #expect(throws: (any Error).self) { try configuration("--timeout", "0s") }
    }
}
