# SPDX-License-Identifier: Apache-2.0
# The scanner and the doctor: apart from what holds keys, because it links decoders.
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
add_order_library(scan
    SOURCES
        scan.c scan_cases.c scan_codec.c scan_files.c scan_kafka.c scan_match.c scan_needles.c
        scan_plants.c scan_postgres.c scan_report.c scan_selftest.c scan_sql.c scan_wal.c scan_work.c
    LINK
        order_base order_runtime order_pg PkgConfig::JANSSON PkgConfig::SODIUM PkgConfig::ZLIB
        PkgConfig::LZ4 PkgConfig::ZSTD)
target_include_directories(order_scan PUBLIC ${PROJECT_SOURCE_DIR})

add_order_library(doctor
    SOURCES doctor.c doctor_kafka.c doctor_postgres.c doctor_system.c
    LINK order_base order_runtime order_pg order_bus PkgConfig::JANSSON)
target_include_directories(order_doctor PUBLIC ${PROJECT_SOURCE_DIR})
