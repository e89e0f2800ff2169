// Tells the engine which keys the calls of one event loop read; on that loop only.

import CacheEngine
import Messages

/// The one place that every read of a client passes, whichever level answers it.
final class ReadObserver {
    private let engine: CacheEngine
    private var sampler: ReadSampler

    init(engine: CacheEngine, seed: UInt64) {
        self.engine = engine
        sampler = ReadSampler(seed: seed)
    }

    /// Notes a read that was answered.
    @inline(__always)
    func note(_ key: ByteView, isHit: Bool, now: Timestamp) {
        let weight = sampler.weight(now: now)
        if weight > 0 { engine.countRead(key.bytes, isHit: isHit, weight: weight, now: now) }
    }

    /// A read whose answer comes later, if it is one to be noted then; mostly nil.
    func expect(_ key: ByteView, now: Timestamp) -> ExpectedRead? {
        let weight = sampler.weight(now: now)
        return weight > 0 ? ExpectedRead(key: key.array, weight: weight, now: now) : nil
    }

    /// Notes a read whose answer has come.
    func note(_ read: ExpectedRead, isHit: Bool) {
        read.key.withUnsafeBytes {
            engine.countRead($0, isHit: isHit, weight: read.weight, now: read.now)
        }
    }
}

/// A read that is to be noted when it is answered.
struct ExpectedRead {
    fileprivate let key: [UInt8]
    fileprivate let weight: UInt32
    fileprivate let now: Timestamp
}
