"""Taking a firm over from its old systems: load, prove, shadow, run in parallel, cut over, or roll back."""

from __future__ import annotations

from tallystick.governance.onboarding.machine import OnboardingMachine, Stage

__all__ = ["OnboardingMachine", "Stage"]
