// Owns the check that messages mean on the wire what protobuf says they mean.

import Messages
import Testing

@Suite struct RoundTripTests {
    @Test(
        "What protoc encodes is decoded and encoded again to the same bytes",
        arguments: MessageSample.all)
    func agreesWithProtoc(_ sample: MessageSample) throws {
        let bytes = try sample.encodedByProtoc()
        #expect(bytes.isEmpty == sample.text.isEmpty)
        #expect(try recoded(bytes, as: sample.type) == bytes)
    }

    @Test(
        "A message without fields takes no bytes, and no bytes are a message",
        arguments: MessageSample.all)
    func emptyMessages(_ sample: MessageSample) throws {
        #expect(try recoded([], as: sample.type) == [])
    }

    @Test("Fields are decoded into the properties of their names")
    func decodedFields() throws {
        let arena = MessageArena()
        var sent = SetRequest()
        sent.key = "user:1"
        sent.value = arena.copy([0, 1, 0xFF])
        sent.ttl = ProtoDuration(seconds: 5, nanos: 7)
        sent.condition = .ifVersion(3)
        sent.metadata = [
            MetadataPair(name: "a", value: "1"), MetadataPair(name: "", value: ""),
        ]
        sent.tags = ["red", "blue"]
        let got = try SetRequest.decode(sent.encoded(in: arena), in: arena)
        #expect(got == sent)
        #expect(got.key.string == "user:1")
        #expect(got.value.array == [0, 1, 0xFF])
        #expect(got.metadata.map(\.name.string) == ["a", ""])
        #expect(got.contentType.isEmpty && !got.noExpiry)
    }

    @Test("Presence of a message field is kept apart from its being empty")
    func presence() throws {
        let arena = MessageArena()
        var response = GetResponse()
        response.cachedAt = ProtoTimestamp()
        let got = try GetResponse.decode(response.encoded(in: arena), in: arena)
        #expect(got.cachedAt == ProtoTimestamp())
        #expect(got.expiresAt == nil)
    }

    @Test("Enum numbers that are not known are kept", arguments: [77, -1, Int32.max, Int32.min])
    func openEnums(number: Int32) throws {
        let arena = MessageArena()
        var request = GetRequest()
        request.mode = ReadMode(rawValue: number)
        let got = try GetRequest.decode(request.encoded(in: arena), in: arena)
        #expect(got.mode.rawValue == number)
        #expect(got.mode != .unspecified)
    }

    @Test("Fields that are not known are skipped")
    func unknownFields() throws {
        // Field 100 in each wire type, then the key.
        let bytes: [UInt8] =
            [0xA0, 0x06, 0x01] + [0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8] + [0xA2, 0x06, 0x02, 0, 0xFF]
            + [0xA5, 0x06, 1, 2, 3, 4] + [0x0A, 0x01, 0x6B]
        let arena = MessageArena()  // what is decoded lies in it
        let key = try GetRequest.decode(bytes, in: arena).key
        withExtendedLifetime(arena) { #expect(key == "k") }
    }

    @Test("A scalar field that comes twice holds what came last, and so does a oneof")
    func lastOneWins() throws {
        let arena = MessageArena()
        let twice: [UInt8] = [0x0A, 0x01, 0x61, 0x0A, 0x01, 0x62]
        #expect(try GetRequest.decode(twice, in: arena).key == "b")
        // selector: pattern, then keys, then everything.
        let choices: [UInt8] = [0x12, 0x01, 0x61, 0x0A, 0x03, 0x0A, 0x01, 0x62, 0x20, 0x01]
        let selected = try InvalidateRequest.decode(choices, in: arena).selector
        #expect(selected == .everything(true))
    }

    @Test("A decoded message does not need its input any more")
    func inputMayGoAway() throws {
        let arena = MessageArena()
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 5, alignment: 1)
        defer { input.deallocate() }
        input.copyBytes(from: [0x0A, 0x03, 0x61, 0x62, 0x63])
        let got = try GetRequest.decode(UnsafeRawBufferPointer(input), in: arena)
        input.copyBytes(from: [0, 0, 0, 0, 0])
        #expect(got.key == "abc")
    }

    @Test("Encoding asks once for room, and for exactly what it writes")
    func reserveIsExact() {
        let arena = MessageArena()
        var response = GetResponse()
        response.hit = true
        response.value = "value"
        var sizes: [Int] = []
        let room = arena.allocate(64)
        response.encode(in: arena) { size in
            sizes.append(size)
            return UnsafeMutableRawBufferPointer(rebasing: room[5..<5 + size])
        }
        #expect(sizes == [9])
        #expect(Array(room[..<15]) == [0, 0, 0, 0, 0, 8, 1, 18, 5] + Array("value".utf8) + [0])
    }

    @Test("A message in an Any comes out as the type it went in as, and as no other")
    func anyMessages() throws {
        let arena = MessageArena()
        var info = ErrorInfo()
        info.reason = "KEY_TOO_LONG"
        info.metadata = [MetadataPair(name: "limit", value: "1024")]
        let packed = AnyMessage(packing: info, in: arena)
        #expect(packed.typeURL == "type.googleapis.com/google.rpc.ErrorInfo")
        #expect(try packed.unpacked(as: ErrorInfo.self, in: arena) == info)
        #expect(try packed.unpacked(as: RetryInfo.self, in: arena) == nil)
    }

    @Test("Events encoded one by one make the same answer as events encoded together")
    func encodedEvents() throws {
        let arena = MessageArena()
        var event = Event()
        event.target = .key(arena.copy(String(repeating: "k", count: 200)))
        event.kind = .set
        var other = Event()
        other.target = .everything(true)
        var together = StreamInvalidationsResponse()
        for token: ByteView in ["", "token"] {
            together.resumeToken = token
            together.content = .events([event, other, Event()])
            let encoded = [event, other, Event()].map { $0.encodedView(in: arena) }
            var written = ByteView()
            StreamInvalidationsResponse.encode(resumeToken: token, encodedEvents: encoded) {
                let place = arena.allocate($0)
                written = ByteView(UnsafeRawBufferPointer(place))
                return place
            }
            #expect(written == together.encodedView(in: arena))
        }
    }

    private func recoded(
        _ bytes: [UInt8], as type: any WireMessage.Type
    ) throws -> [UInt8] {
        // Two arenas, so that nothing of the first is needed for the second but what is shown.
        let (reading, writing) = (MessageArena(), MessageArena())
        let message = try type.decode(bytes, in: reading)
        let again = message.encoded(in: writing)
        withExtendedLifetime(reading) {}
        return again
    }
}
