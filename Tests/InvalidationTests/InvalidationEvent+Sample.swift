// Events as tests of a shared log need them.

@testable import Invalidation

extension InvalidationEvent {
    /// An event as it comes from elsewhere.
    static func sample(
        _ partition: Int, _ revision: UInt64, _ target: HubModel.Target = .key("k"),
        writer: String = "", copyOf: UInt64 = 0
    ) -> InvalidationEvent {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        return Array(writer.utf8).withUnsafeBytes { writer in
            func event(_ target: InvalidationTarget) -> InvalidationEvent {
                InvalidationEvent(
                    partition: partition, revision: revision, target: target, kind: .set,
                    writer: writer, cause: nothing, copyOf: copyOf)
            }
            guard case .key(let key) = target else { return event(.everything) }
            return Array(key.utf8).withUnsafeBytes { event(.key($0)) }
        }
    }
}
