// Header fields that never change; written once, then read by any thread.

import CNghttp2

/// Fields that live as long as the process, so that nghttp2 need not copy them.
struct FixedHeaders: @unchecked Sendable {  // written once, before anyone reads it
    let fields: UnsafeMutablePointer<nghttp2_nv>
    let count: Int

    init(_ pairs: [(StaticString, StaticString)]) {
        fields = .allocate(capacity: pairs.count)
        count = pairs.count
        let flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
        for (index, (name, value)) in pairs.enumerated() {
            (fields + index).initialize(
                to: nghttp2_nv(
                    name: UnsafeMutablePointer(mutating: name.utf8Start),
                    value: UnsafeMutablePointer(mutating: value.utf8Start),
                    namelen: name.utf8CodeUnitCount, valuelen: value.utf8CodeUnitCount,
                    flags: UInt8(flags)))
        }
    }
}
