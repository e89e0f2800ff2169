// Other names for types of the engine that are called as messages are.

import CacheEngine

/// The engine's counters, as opposed to the message of that name.
typealias EngineCounters = Counters

/// The engine's reasons for not storing, as opposed to the enum of that name.
typealias EngineNotStoredReason = NotStoredReason
