// Owns the sizes in which the arena gives out blocks; pure functions.

/// Blocks come in steps of 4 bytes up to 1 KiB, of 32 up to 4 KiB.
enum SizeClasses {
    static let minBlockBytes = 32
    /// What is larger lives outside the arena, but for its header.
    static let maxBlockBytes = 4_096

    private static let fineStep = 4
    private static let fineBytes = 1_024
    private static let coarseStep = 32
    private static let fineCount = (fineBytes - minBlockBytes) / fineStep + 1

    static let count = fineCount + (maxBlockBytes - fineBytes) / coarseStep

    /// The class whose blocks have at least `bytes`.
    @inline(__always)
    static func index(of bytes: Int) -> Int {
        if bytes <= fineBytes {
            return max(0, bytes - minBlockBytes + fineStep - 1) / fineStep
        }
        return fineCount + (bytes - fineBytes - 1) / coarseStep
    }

    /// The size of the blocks of a class.
    static func blockBytes(_ index: Int) -> Int {
        index < fineCount
            ? minBlockBytes + index * fineStep
            : fineBytes + (index - fineCount + 1) * coarseStep
    }
}
