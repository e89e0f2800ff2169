// Owns the attack on messages: any bytes as any type, checked, unpacked, packed, unpacked.

import Messages

enum ProtobufTarget {
    private static let arenaBytes = 1 << 20

    /// Every message of the contract, in the order of their names: the first byte chooses.
    static let types: [any WireMessage.Type] = all.sorted { $0.fullName < $1.fullName }

    /// Their names, in that order.
    static var names: [String] { types.map { $0.fullName } }

    private static let all: [any WireMessage.Type] = [
        GetRequest.self, GetResponse.self, SetRequest.self, SetResponse.self,
        DeleteRequest.self, DeleteResponse.self, ExistsRequest.self, ExistsResponse.self,
        TouchRequest.self, TouchResponse.self, KeysRequest.self, KeysResponse.self,
        InvalidateRequest.self, InvalidateResponse.self,
        GetMultiRequest.self, GetMultiResponse.self, SetMultiRequest.self, SetMultiResponse.self,
        DeleteMultiRequest.self, DeleteMultiResponse.self,
        StreamInvalidationsRequest.self, StreamInvalidationsResponse.self, Event.self,
        StatsRequest.self, StatsResponse.self,
        HealthCheckRequest.self, HealthCheckResponse.self, HealthListRequest.self,
        HealthListResponse.self, RPCStatus.self, ErrorInfo.self, RetryInfo.self,
        ServerReflectionRequest.self, ServerReflectionResponse.self,
    ]

    static func run(_ input: inout FuzzInput) {
        let type = types[input.number(below: types.count)]
        let arena = MessageArena(limitBytes: arenaBytes)
        let bytes = input.remaining()
        let message: any WireMessage
        do {
            message = try type.decode(bytes, in: arena)
        } catch {
            promise(!error.message.isEmpty, "a refusal says nothing")
            promise(arena.heldBytes <= arenaBytes, "the arena holds \(arena.heldBytes) bytes")
            return
        }
        promise(arena.heldBytes <= arenaBytes, "the arena holds \(arena.heldBytes) bytes")
        let once = message.encoded(in: arena)
        do {
            // What we wrote ourselves needs as much memory again, and no limit applied to it.
            let second = MessageArena()
            let twice = try type.decode(once, in: second).encoded(in: second)
            promise(twice == once, "\(type): \(once) becomes \(twice)")
        } catch {
            promise(false, "\(type): \(bytes) is taken, and \(once) is not: \(error.message)")
        }
    }
}
