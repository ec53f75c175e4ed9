"""Testing one step of a draft: a run of a Dag of FlowForge's own, which does what the step would do."""
