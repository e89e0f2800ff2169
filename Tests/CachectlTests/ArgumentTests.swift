// How arguments are written: durations, addresses, pairs, tokens.

import ArgumentParser
import Messages
import Testing

@testable import cachectl

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

    @Test("a duration goes out as seconds and nanoseconds")
    func message() {
        let message = DurationArgument(duration: .milliseconds(1_250)).message
        #expect(message.seconds == 1)
        #expect(message.nanos == 250_000_000)
    }
}

@Suite struct ServerAddressTests {
    @Test(
        "an address is a host and a port, with IPv6 in brackets",
        arguments: [
            ("127.0.0.1:6000", "127.0.0.1", 6000), ("cache.example:1", "cache.example", 1),
            ("localhost", "localhost", 50051), ("[::1]:6000", "::1", 6000), ("[::1]", "::1", 50051),
        ])
    func accepted(_ text: String, _ host: String, _ port: Int) throws {
        let address = try ServerAddress.parse(text)
        #expect(address == ServerAddress(host: host, port: port))
        #expect(try ServerAddress.parse(address.description) == address)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", ":6000", "host:", "host:0", "host:65536", "host:x", "::1", "::1:6000", "[::1",
            "[::1]6000", "[]:6000", "http://host:6000", "host:6000/",
        ])
    func refused(_ text: String) {
        #expect(throws: ValidationError.self) { try ServerAddress.parse(text) }
    }
}

@Suite struct PairAndTokenTests {
    @Test("a pair is divided at its first equals sign")
    func pairs() throws {
        #expect(try MetadataArgument.parse("a=b=c") == MetadataArgument(name: "a", value: "b=c"))
        #expect(try MetadataArgument.parse("a=") == MetadataArgument(name: "a", value: ""))
        #expect(throws: ValidationError.self) { try MetadataArgument.parse("a") }
        #expect(throws: ValidationError.self) { try MetadataArgument.parse("=b") }
    }

    @Test("a token is base64 and not empty")
    func tokens() throws {
        #expect(try TokenArgument.parse("AP8B").bytes == [0, 255, 1])
        #expect(throws: ValidationError.self) { try TokenArgument.parse("") }
        #expect(throws: ValidationError.self) { try TokenArgument.parse("not base64!") }
    }
}
