// Checks that a second connection is cheaper than the first, and no less safe.

import Testing

@testable import TLS

@Suite("TLS: resumption")
struct ResumptionTests {
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder.shared.get()
    }

    @Test(
        "the second connection resumes the first, and the third", arguments: [TLSVersion.v12, .v13])
    func resumed(version: TLSVersion) throws {
        let server = try TLSServerContext(.test(folder))
        let client = try TLSClientContext(.test(folder, highest: version))
        for round in 0..<4 {
            let wire = try TLSWire(server: server, client: client)
            #expect(wire.client.end.peer?.isResumed == (round > 0), "round \(round)")
            #expect(wire.server.end.peer?.isResumed == (round > 0), "round \(round)")
            #expect(wire.server.end.peer?.serverName == "localhost")
            // Neither a clean end nor another one keeps the next from resuming.
            if round == 1 { wire.cut() } else { wire.close() }
        }
    }

    @Test("a resumed client keeps its identity", arguments: [TLSVersion.v12, .v13])
    func identity(version: TLSVersion) throws {
        let server = try TLSServerContext(.test(folder, policy: .required))
        let client = try TLSClientContext(
            .test(folder, certificate: "client", highest: version))
        let first = try TLSWire(server: server, client: client)
        let second = try TLSWire(server: server, client: client)
        #expect(second.server.end.peer?.isResumed == true)
        let identity = try #require(second.server.end.peer?.identity)
        #expect(identity == first.server.end.peer?.identity)
        #expect(second.client.end.peer?.identity == first.client.end.peer?.identity)
    }

    @Test("a session is for the name it was made with")
    func otherName() throws {
        let server = try TLSServerContext(.test(folder))
        let client = try TLSClientContext(.test(folder))
        _ = try TLSWire(server: server, client: client)
        let other = try TLSWire(server: server, client: client, name: "127.0.0.1")
        #expect(other.client.end.peer?.isResumed == false)
        let wrong = try TLSWire(server: server, client: client, name: "example.org")
        #expect(wrong.client.end.errors.count == 1)
    }

    @Test("after a reload nobody resumes: authorities may have changed")
    func reload() throws {
        let server = try TLSServerContext(.test(folder, policy: .required))
        let client = try TLSClientContext(.test(folder, certificate: "client"))
        _ = try TLSWire(server: server, client: client)
        try server.reload()
        let wire = try TLSWire(server: server, client: client)
        #expect(wire.server.end.peer?.isResumed == false)
        #expect(wire.server.end.peer?.identity != nil)
    }

    @Test("sessions are kept for a bounded number of names")
    func bounded() throws {
        var configuration = TLSClientConfiguration.test(folder)
        configuration.verifiesServer = false
        let server = try TLSServerContext(.test(folder))
        let client = try TLSClientContext(configuration)
        for number in 0..<(SessionCache.maxNames + 20) {
            _ = try TLSWire(server: server, client: client, name: "host-\(number)")
        }
        let last = "host-\(SessionCache.maxNames + 19)"
        #expect(client.sessions.count == SessionCache.maxNames)
        let wire = try TLSWire(server: server, client: client, name: last)
        #expect(wire.client.end.peer?.isResumed == true)
    }
}
